using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Interop;

/// <summary>
/// The rows of a cursor set in their order, each cursor read by a thread of its own. An image can be had once a row; it is
/// the reader's until the next is read or the cursor is disposed.
/// </summary>
internal sealed class ReadAheadCursor : DataViewRowCursor
{
    private readonly DataViewSchema _schema;
    private readonly HashSet<int> _active;
    private readonly ReadAheadBudget _budget = new();
    private readonly List<ReadAheadWorker> _workers;
    private readonly Dictionary<int, MLImage> _handedOut = [];
    private ReadAheadWorker? _current;
    private long _position = -1;
    private bool _started, _done;

    /// <summary>Creates the cursor; its threads start with the first row.</summary>
    /// <param name="schema">Schema of the view.</param>
    /// <param name="columns">The active columns.</param>
    /// <param name="sources">A cursor set of the view.</param>
    /// <param name="rows">Rows to read ahead, all threads together.</param>
    /// <param name="squares">Images that may come as squares.</param>
    public ReadAheadCursor(DataViewSchema schema, IReadOnlyList<DataViewSchema.Column> columns, IReadOnlyList<DataViewRowCursor> sources, int rows, SquareImages? squares = null)
    {
        _schema = schema;
        _active = [.. columns.Select(c => c.Index)];
        var each = Math.Max(2, rows / sources.Count + 1);
        _workers = [.. sources.Select(s => new ReadAheadWorker(s, columns, each, _budget, squares))];
    }

    /// <summary>Ends the threads of a cursor that nobody disposed.</summary>
    ~ReadAheadCursor() => _budget.Cancel();

    /// <inheritdoc/>
    public override DataViewSchema Schema => _schema;

    /// <inheritdoc/>
    public override long Position => _position;

    /// <inheritdoc/>
    public override long Batch => 0;

    /// <inheritdoc/>
    public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

    /// <inheritdoc/>
    public override bool MoveNext()
    {
        if (_done)
        {
            return false;
        }

        if (!_started)
        {
            _started = true;
            _workers.ForEach(w => w.Start());
        }

        if (Next() is not { } next)
        {
            // What was handed out is still in use.
            Stop();
            return false;
        }

        next.ThrowIfFailed();
        _current = next;
        _position++;
        return true;
    }

    /// <inheritdoc/>
    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!_active.Contains(column.Index) || column.Type.RawType != typeof(TValue))
        {
            throw new ArgumentException($"The column {column.Name} was not asked for when the cursor was made, or has values of the type {column.Type.RawType}, not {typeof(TValue)}.", nameof(column));
        }

        return (ref TValue value) =>
        {
            Current.Take(column.Index, ref value);
            if (value is MLImage image)
            {
                _handedOut[column.Index] = image;
            }
        };
    }

    /// <inheritdoc/>
    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = Current.Id;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Stop();
            foreach (var image in _handedOut.Values)
            {
                image.Dispose();
            }

            _handedOut.Clear();
        }

        base.Dispose(disposing);
    }

    private void Stop()
    {
        if (!_done)
        {
            (_done, _position, _current) = (true, -1, null);
            _budget.Cancel();
            _workers.ForEach(w => w.Join());
        }
    }

    /// <summary>Waits for the worker whose row is next; <see langword="null"/> behind the last row.</summary>
    private ReadAheadWorker? Next()
    {
        lock (_budget.Gate)
        {
            _current?.Release();
            _current = null;
            while (!_workers.TrueForAll(w => w.IsKnown))
            {
                Monitor.Wait(_budget.Gate);
            }

            return _workers.Where(w => w.Place is not null).MinBy(w => w.Place);
        }
    }

    private ReadAheadWorker Current => _current ?? throw new InvalidOperationException("The cursor is not on a row: call MoveNext first.");
}
