using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Interop;

/// <summary>The rows of one view, then the rows of another, under the schema of the first.</summary>
/// <remarks>ML.NET's own view of this kind refuses image columns of different nominal sizes, which mean nothing here.</remarks>
internal sealed class AppendedDataView : IDataView
{
    private readonly IDataView _first, _second;

    /// <summary>Creates the view.</summary>
    /// <param name="first">The first rows.</param>
    /// <param name="second">The rows behind them; further columns are dropped.</param>
    /// <exception cref="ArgumentException">A column of the first view is missing in the second or holds values of another type.</exception>
    public AppendedDataView(IDataView first, IDataView second)
    {
        (_first, _second) = (first, second);
        foreach (var column in first.Schema.Where(c => !c.IsHidden))
        {
            var other = second.Schema.GetColumnOrNull(column.Name) ?? throw new ArgumentException($"The rows to append have no column '{column.Name}' ({column.Type}).");
            if (other.Type.RawType != column.Type.RawType || column.Type is VectorDataViewType { Size: > 0 } vector && (other.Type as VectorDataViewType)?.Size != vector.Size)
            {
                throw new ArgumentException($"The column '{column.Name}' has the type {column.Type}, but {other.Type} in the rows to append.");
            }
        }
    }

    /// <inheritdoc/>
    public DataViewSchema Schema => _first.Schema;

    /// <inheritdoc/>
    public bool CanShuffle => _first.CanShuffle && _second.CanShuffle;

    /// <inheritdoc/>
    public long? GetRowCount() => _first.GetRowCount() + _second.GetRowCount();

    /// <summary>Returns a cursor over the first rows and then the second; each part is shuffled by itself.</summary>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var needed = columnsNeeded.Where(c => !c.IsHidden).ToList();
        var first = _first.GetRowCursor(needed, rand);
        try
        {
            return new Cursor(first, () => _second.GetRowCursor(needed.Select(c => _second.Schema[c.Name]), rand));
        }
        catch
        {
            first.Dispose();
            throw;
        }
    }

    /// <summary>Returns one cursor.</summary>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor(DataViewRowCursor first, Func<DataViewRowCursor> open) : DataViewRowCursor
    {
        private DataViewRowCursor? _second;
        private long _position = -1;
        private bool _done;

        public override DataViewSchema Schema => first.Schema;

        public override long Position => _position;

        public override long Batch => 0;

        public override bool IsColumnActive(DataViewSchema.Column column) => first.IsColumnActive(column);

        public override bool MoveNext()
        {
            if (_done)
            {
                return false;
            }

            if (_second is null && !first.MoveNext())
            {
                _second = open();
            }

            if (_second is not null && !_second.MoveNext())
            {
                Dispose();
                return false;
            }

            _position++;
            return true;
        }

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            var one = first.GetGetter<TValue>(column);
            ValueGetter<TValue>? two = null;
            return (ref TValue value) =>
            {
                if (_second is null)
                {
                    one(ref value);
                    return;
                }

                two ??= _second.GetGetter<TValue>(_second.Schema[column.Name]);
                two(ref value);
            };
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new((ulong)_position, _second is null ? 0UL : 1UL);

        protected override void Dispose(bool disposing)
        {
            if (disposing && !_done)
            {
                _done = true;
                _position = -1;
                first.Dispose();
                _second?.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
