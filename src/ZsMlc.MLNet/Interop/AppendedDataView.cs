using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Interop;

/// <summary>The rows of one view, then the rows of another, under the schema of the first.</summary>
/// <remarks>ML.NET's own view of this kind refuses image columns of different nominal sizes, which mean nothing here.</remarks>
internal sealed class AppendedDataView : IDataView
{
    // No row of the first view has so high a number.
    private const long SecondBatches = 1L << 62;

    /// <summary>Creates the view.</summary>
    /// <param name="first">The first rows.</param>
    /// <param name="second">The rows behind them; further columns are dropped.</param>
    /// <exception cref="ArgumentException">A column of the first view is missing in the second or holds values of another type.</exception>
    public AppendedDataView(IDataView first, IDataView second)
    {
        (First, Second) = (first, second);
        foreach (var column in first.Schema.Where(c => !c.IsHidden))
        {
            var other = second.Schema.GetColumnOrNull(column.Name) ?? throw new ArgumentException($"The rows to append have no column '{column.Name}' ({column.Type}).");
            if (other.Type.RawType != column.Type.RawType || column.Type is VectorDataViewType { Size: > 0 } vector && (other.Type as VectorDataViewType)?.Size != vector.Size)
            {
                throw new ArgumentException($"The column '{column.Name}' has the type {column.Type}, but {other.Type} in the rows to append.");
            }
        }
    }

    /// <summary>Gets the first rows.</summary>
    public IDataView First { get; }

    /// <summary>Gets the rows behind them.</summary>
    public IDataView Second { get; }

    /// <inheritdoc/>
    public DataViewSchema Schema => First.Schema;

    /// <inheritdoc/>
    public bool CanShuffle => First.CanShuffle && Second.CanShuffle;

    /// <inheritdoc/>
    public long? GetRowCount() => First.GetRowCount() + Second.GetRowCount();

    /// <summary>Returns a cursor over the first rows and then the second; each part is shuffled by itself.</summary>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) => GetRowCursorSet(columnsNeeded, 1, rand)[0];

    /// <summary>Returns up to <paramref name="n"/> cursors, each over a share of the first rows and then of the second.</summary>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        var needed = columnsNeeded.Where(c => !c.IsHidden).ToList();
        var first = First.GetRowCursorSet(needed, n, rand);
        try
        {
            var second = Second.GetRowCursorSet(needed.Select(c => Second.Schema[c.Name]), n, rand);
            HashSet<int> active = [.. needed.Select(c => c.Index)];
            return [.. Enumerable.Range(0, Math.Max(first.Length, second.Length)).Select(i => new Cursor(Schema, active, first.ElementAtOrDefault(i), second.ElementAtOrDefault(i)))];
        }
        catch
        {
            Array.ForEach(first, c => c.Dispose());
            throw;
        }
    }

    private sealed class Cursor(DataViewSchema schema, HashSet<int> active, DataViewRowCursor? first, DataViewRowCursor? second) : DataViewRowCursor
    {
        private DataViewRowCursor? _part = first ?? second;
        private long _position = -1;
        private bool _done;

        public override DataViewSchema Schema => schema;

        public override long Position => _position;

        public override long Batch => (_part?.Batch ?? 0) + (_part == second ? SecondBatches : 0);

        public override bool IsColumnActive(DataViewSchema.Column column) => active.Contains(column.Index);

        public override bool MoveNext()
        {
            while (!_done)
            {
                if (_part is null)
                {
                    Dispose();
                }
                else if (_part.MoveNext())
                {
                    _position++;
                    return true;
                }
                else
                {
                    _part = _part == second ? null : second;
                }
            }

            return false;
        }

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            var one = first?.GetGetter<TValue>(column);
            var two = second?.GetGetter<TValue>(second.Schema[column.Name]);
            return (ref TValue value) => (_part == second ? two : one)!(ref value);
        }

        public override ValueGetter<DataViewRowId> GetIdGetter()
        {
            var (one, two) = (first?.GetIdGetter(), second?.GetIdGetter());
            return (ref DataViewRowId id) =>
            {
                (_part == second ? two : one)!(ref id);
                id = id.Combine(new(_part == second ? 1UL : 0UL, 0));
            };
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing && !_done)
            {
                _done = true;
                _position = -1;
                first?.Dispose();
                second?.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
