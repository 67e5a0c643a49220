using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Interop;

/// <summary>Applies a <see cref="BatchMapping"/> to single rows, as <c>PredictionEngine</c> wants it.</summary>
internal sealed class BatchRowMapper(BatchMapping mapping) : IRowToRowMapper
{
    /// <inheritdoc/>
    public DataViewSchema InputSchema => mapping.InputSchema;

    /// <inheritdoc/>
    public DataViewSchema OutputSchema => mapping.OutputSchema;

    /// <inheritdoc/>
    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
    {
        SortedSet<int> needed = [];
        foreach (var column in dependingColumns)
        {
            needed.UnionWith(column.Index < InputSchema.Count ? [column.Index] : mapping.Reads);
        }

        return needed.Select(i => InputSchema[i]);
    }

    /// <inheritdoc/>
    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        if (!ReferenceEquals(input.Schema, InputSchema))
        {
            throw new ArgumentException("The row does not have the schema that the mapper was made for.", nameof(input));
        }

        return new Row(input, mapping, [.. activeColumns.Select(c => c.Index)]);
    }

    private sealed class Row : DataViewRow
    {
        private readonly DataViewRow _input;
        private readonly BatchMapping _mapping;
        private readonly HashSet<int> _active;
        private readonly BatchRun? _run;
        private long _computed = long.MinValue;

        public Row(DataViewRow input, BatchMapping mapping, HashSet<int> active)
        {
            (_input, _mapping, _active) = (input, mapping, active);
            _run = active.Any(i => i >= mapping.InputSchema.Count) ? mapping.Start(input, 1) : null;
        }

        public override DataViewSchema Schema => _mapping.OutputSchema;

        public override long Position => _input.Position;

        public override long Batch => _input.Batch;

        public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

        public override ValueGetter<DataViewRowId> GetIdGetter() => _input.GetIdGetter();

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            var inputs = _mapping.InputSchema.Count;
            if (column.Index < inputs)
            {
                return _input.GetGetter<TValue>(_input.Schema[column.Index]);
            }

            var run = _run ?? throw new ArgumentException($"The column {column.Name} was not asked for when the row was made.", nameof(column));
            var getter = run.Getter(column.Index - inputs, static () => 0) as ValueGetter<TValue>
                ?? throw new ArgumentException($"The column {column.Name} has values of the type {column.Type.RawType}, not {typeof(TValue)}.", nameof(column));
            return (ref TValue value) =>
            {
                // All added columns of a row come from one computation.
                if (_computed != _input.Position)
                {
                    run.Read(0);
                    run.Compute(1);
                    _computed = _input.Position;
                }

                getter(ref value);
            };
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _run?.Dispose();
                _input.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
