using Microsoft.ML;
using Microsoft.ML.Data;
using ZsMlc.MLNet.Interop;

namespace ZsMlc.MLNet.Filtering;

/// <summary>Hands out the labels of buffered rows with further ones added: names behind the others, or 1 in the slots of that name.</summary>
internal abstract class LabelAdder
{
    /// <summary>Starts reading.</summary>
    /// <param name="row">A row whose label column is active.</param>
    /// <param name="column">Vector&lt;Text&gt;, or Vector&lt;Single&gt; with slot names.</param>
    /// <param name="capacity">Number of slots for rows.</param>
    public static LabelAdder Create(DataViewRow row, DataViewSchema.Column column, int capacity) =>
        column.Type.GetItemType() is TextDataViewType ? new Names(row, column, capacity) : new Numbers(row, column, capacity);

    /// <summary>Reads the labels of the current row into a slot.</summary>
    public abstract void Read(int slot);

    /// <summary>Adds labels, none of which the row has, to a slot that was read.</summary>
    public abstract void Add(int slot, IReadOnlyList<string> labels);

    /// <summary>Returns a getter of the slot that <paramref name="slot"/> tells.</summary>
    public abstract Delegate Getter(Func<int> slot);

    private abstract class Vectors<T>(DataViewRow row, DataViewSchema.Column column, int capacity) : LabelAdder
    {
        private readonly ValueGetter<VBuffer<T>> _getter = row.GetGetter<VBuffer<T>>(column);

        protected VBuffer<T>[] Values { get; } = new VBuffer<T>[capacity];

        public override void Read(int slot) => _getter(ref Values[slot]);

        public override Delegate Getter(Func<int> slot) => (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) => Values[slot()].CopyTo(ref value));
    }

    private sealed class Names(DataViewRow row, DataViewSchema.Column column, int capacity) : Vectors<ReadOnlyMemory<char>>(row, column, capacity)
    {
        public override void Add(int slot, IReadOnlyList<string> labels)
        {
            ReadOnlyMemory<char>[] all = [.. Values[slot].DenseValues(), .. labels.Select(l => l.AsMemory())];
            Values[slot] = new(all.Length, all);
        }
    }

    private sealed class Numbers(DataViewRow row, DataViewSchema.Column column, int capacity) : Vectors<float>(row, column, capacity)
    {
        private readonly Dictionary<string, int> _slots = Shapes.SlotNamesOf(column)!.Select((name, i) => (name, i)).ToDictionary(p => p.name, p => p.i, StringComparer.Ordinal);

        // A label that the column has no slot for cannot be told.
        public override void Add(int slot, IReadOnlyList<string> labels)
        {
            float[] all = [.. Values[slot].DenseValues()];
            foreach (var label in labels.Where(_slots.ContainsKey))
            {
                all[_slots[label]] = 1;
            }

            Values[slot] = new(all.Length, all);
        }
    }
}
