using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Interop;

/// <summary>A lazy view of rows 0 to count − 1, in any order. Its cursor sets deal the rows out one by one, so that several threads make them.</summary>
/// <param name="count">Number of rows.</param>
/// <param name="columns">Columns.</param>
/// <param name="includes">Tells whether a row exists, asked when a cursor comes to it, by several cursors at a time; by default all do.</param>
internal sealed class IndexedDataView(int count, IReadOnlyList<IndexedColumn> columns, Func<IndexedRow, bool>? includes = null) : IDataView
{
    /// <inheritdoc/>
    public DataViewSchema Schema { get; } = CreateSchema(columns);

    /// <inheritdoc/>
    public bool CanShuffle => true;

    /// <inheritdoc/>
    public long? GetRowCount() => includes is null ? count : null;

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) => GetRowCursorSet(columnsNeeded, 1, rand)[0];

    /// <summary>Returns <paramref name="n"/> cursors, or one for each row if these are fewer. Cursor j has every n-th row from row j on; a row's batch is its place among all.</summary>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        var order = Enumerable.Range(0, count).ToArray();
        rand?.Shuffle(order);
        HashSet<int> active = [.. columnsNeeded.Select(c => c.Index)];
        var cursors = Math.Clamp(n, 1, Math.Max(1, count));
        return [.. Enumerable.Range(0, cursors).Select(first => new Cursor(Schema, columns, order, first, cursors, active, includes))];
    }

    private static DataViewSchema CreateSchema(IReadOnlyList<IndexedColumn> columns)
    {
        var builder = new DataViewSchema.Builder();
        foreach (var column in columns)
        {
            builder.AddColumn(column.Name, column.Type, column.Annotations);
        }

        return builder.ToSchema();
    }

    private sealed class Cursor(DataViewSchema schema, IReadOnlyList<IndexedColumn> columns, int[] order, int first, int step, HashSet<int> active, Func<IndexedRow, bool>? includes) : DataViewRowCursor
    {
        private readonly IndexedRow _row = new();
        private long _next = first, _position = -1;

        public override DataViewSchema Schema => schema;

        public override long Position => _position;

        public override long Batch => _next - step;

        public override bool IsColumnActive(DataViewSchema.Column column) => active.Contains(column.Index);

        public override bool MoveNext()
        {
            while (_next < order.Length)
            {
                _row.Move(order[_next]);
                _next += step;
                if (includes?.Invoke(_row) ?? true)
                {
                    _position++;
                    return true;
                }
            }

            Dispose();
            return false;
        }

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            if (!active.Contains(column.Index))
            {
                throw new ArgumentException($"The column {column.Name} was not asked for when the cursor was made.", nameof(column));
            }

            return columns[column.Index].Getter(_row) as ValueGetter<TValue>
                ?? throw new ArgumentException($"The column {column.Name} has values of the type {column.Type.RawType}, not {typeof(TValue)}.", nameof(column));
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new((ulong)_row.Index, 0);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                (_next, _position) = (order.Length, -1);
                _row.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
