using Microsoft.ML;
using Microsoft.ML.Data;
using ZsMlc.MLNet.Interop;

namespace ZsMlc.MLNet.Classification;

/// <summary>Reads the labels of rows as targets: 1 present, 0 absent, NaN unknown.</summary>
internal abstract class LabelReader
{
    /// <summary>Gets whether rows list names; such a row says nothing about which labels it was searched for.</summary>
    public abstract bool ListsNames { get; }

    /// <summary>Starts reading.</summary>
    /// <param name="row">A row whose label column is active.</param>
    /// <param name="column">Vector&lt;Text&gt;, or Vector&lt;Single&gt; with slot names.</param>
    /// <param name="labels">The labels, in the order of the targets.</param>
    /// <param name="remedy">What to do about a label that is not among <paramref name="labels"/>, for the error; <see langword="null"/> passes such labels over.</param>
    public static LabelReader Create(DataViewRow row, DataViewSchema.Column column, IReadOnlyList<string> labels, string? remedy)
    {
        var index = labels.Select((l, i) => (l, i)).ToDictionary(p => p.l, p => p.i, StringComparer.Ordinal);
        return column.Type.GetItemType() is TextDataViewType
            ? new Names(row, column, index, remedy)
            : new Numbers(row, column, index, remedy);
    }

    /// <summary>Reads the current row.</summary>
    /// <param name="targets">One target a label.</param>
    /// <exception cref="InvalidOperationException">A label is not in the set, or a number is not 0, 1 or NaN.</exception>
    public abstract void Read(Span<float> targets);

    private static InvalidOperationException Unknown(string label, DataViewSchema.Column column, string where, string remedy) =>
        new($"The column '{column.Name}' has the label '{label}' ({where}), which is not in the label set. {remedy}");

    private sealed class Names(DataViewRow row, DataViewSchema.Column column, Dictionary<string, int> index, string? remedy) : LabelReader
    {
        private readonly ValueGetter<VBuffer<ReadOnlyMemory<char>>> _getter = row.GetGetter<VBuffer<ReadOnlyMemory<char>>>(column);
        private VBuffer<ReadOnlyMemory<char>> _names;

        public override bool ListsNames => true;

        public override void Read(Span<float> targets)
        {
            targets.Clear();
            _getter(ref _names);
            foreach (var name in _names.DenseValues())
            {
                var label = name.ToString();
                if (index.TryGetValue(label, out var i))
                {
                    targets[i] = 1;
                }
                else if (remedy is not null && label.Length > 0)
                {
                    throw Unknown(label, column, $"row {row.Position}", remedy);
                }
            }
        }
    }

    private sealed class Numbers : LabelReader
    {
        private readonly DataViewRow _row;
        private readonly DataViewSchema.Column _column;
        private readonly ValueGetter<VBuffer<float>> _getter;
        private readonly int[] _targets;
        private VBuffer<float> _values;

        public Numbers(DataViewRow row, DataViewSchema.Column column, Dictionary<string, int> index, string? remedy)
        {
            (_row, _column, _getter) = (row, column, row.GetGetter<VBuffer<float>>(column));
            var slots = Shapes.SlotNamesOf(column)!;
            _targets = [.. slots.Select(s => index.GetValueOrDefault(s, -1))];
            if (remedy is not null && Array.IndexOf(_targets, -1) is >= 0 and var slot)
            {
                throw Unknown(slots[slot], column, $"slot {slot}", remedy);
            }
        }

        public override bool ListsNames => false;

        public override void Read(Span<float> targets)
        {
            targets.Fill(float.NaN);
            _getter(ref _values);
            if (_values.Length != _targets.Length)
            {
                throw new InvalidOperationException($"The column '{_column.Name}' has {_values.Length} values in row {_row.Position}, but {_targets.Length} slot names.");
            }

            var slot = 0;
            foreach (var value in _values.DenseValues())
            {
                if (value is not (0 or 1) && !float.IsNaN(value))
                {
                    throw new InvalidOperationException($"The column '{_column.Name}' has the value {value} in row {_row.Position}, slot {slot}; expected 1 (present), 0 (absent) or NaN (unknown).");
                }

                if (_targets[slot] >= 0)
                {
                    targets[_targets[slot]] = value;
                }

                slot++;
            }
        }
    }
}
