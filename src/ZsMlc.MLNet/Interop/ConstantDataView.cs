using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Interop;

/// <summary>The rows of a view with the columns of a <see cref="ConstantMapping"/> added. Nothing is buffered, and cursor sets are the source's.</summary>
/// <param name="source">Rows that come in; their schema is the mapping's input schema.</param>
/// <param name="mapping">The added columns.</param>
internal sealed class ConstantDataView(IDataView source, ConstantMapping mapping) : IDataView
{
    /// <inheritdoc/>
    public DataViewSchema Schema => mapping.OutputSchema;

    /// <inheritdoc/>
    public bool CanShuffle => source.CanShuffle;

    /// <inheritdoc/>
    public long? GetRowCount() => source.GetRowCount();

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var needed = columnsNeeded.ToList();
        return new Cursor(source.GetRowCursor(Inputs(needed), rand), mapping, needed);
    }

    /// <inheritdoc/>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        var needed = columnsNeeded.ToList();
        return [.. source.GetRowCursorSet(Inputs(needed), n, rand).Select(c => new Cursor(c, mapping, needed))];
    }

    private IEnumerable<DataViewSchema.Column> Inputs(List<DataViewSchema.Column> needed) =>
        needed.Where(c => c.Index < source.Schema.Count).Select(c => source.Schema[c.Index]);

    private sealed class Cursor(DataViewRowCursor input, ConstantMapping mapping, List<DataViewSchema.Column> needed) : DataViewRowCursor
    {
        private readonly HashSet<int> _active = [.. needed.Select(c => c.Index)];
        private readonly BatchRun _constants = mapping.Start(input, 1);

        public override DataViewSchema Schema => mapping.OutputSchema;

        public override long Position => input.Position;

        public override long Batch => input.Batch;

        public override bool MoveNext() => input.MoveNext();

        public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

        public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            if (!IsColumnActive(column))
            {
                throw new ArgumentException($"The column {column.Name} was not asked for when the cursor was made.", nameof(column));
            }

            var inputs = mapping.InputSchema.Count;
            return column.Index < inputs
                ? input.GetGetter<TValue>(input.Schema[column.Index])
                : _constants.Getter(column.Index - inputs, static () => 0) as ValueGetter<TValue>
                    ?? throw new ArgumentException($"The column {column.Name} has values of the type {column.Type.RawType}, not {typeof(TValue)}.", nameof(column));
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                input.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
