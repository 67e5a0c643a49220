using System.Runtime.ExceptionServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZsMlc.Torch.Runtime;

namespace ZsMlc.MLNet.Interop;

/// <summary>Reads one cursor of a set on a thread of its own, a few rows ahead of who uses them.</summary>
internal sealed class ReadAheadWorker
{
    private readonly DataViewRowCursor _source;
    private readonly ReadAheadBudget _budget;
    private readonly Dictionary<int, ColumnBuffer> _buffers;
    private readonly ValueGetter<DataViewRowId> _idGetter;
    private readonly (long Place, DataViewRowId Id, long Bytes)[] _rows;
    private readonly SquareImages? _squares;
    private readonly Thread _thread;

    // Guarded by the budget's gate; the slots between belong to whoever has them.
    private int _head, _count;
    private bool _ended;
    private ExceptionDispatchInfo? _fault;

    // The place of the row that is read, so that its failure comes in its turn.
    private long _place;

    /// <summary>Prepares a thread.</summary>
    /// <param name="source">The cursor; disposed at its end.</param>
    /// <param name="columns">Its active columns.</param>
    /// <param name="capacity">Most rows that wait.</param>
    /// <param name="budget">What the threads share.</param>
    /// <param name="squares">Images that may be stretched.</param>
    public ReadAheadWorker(DataViewRowCursor source, IReadOnlyList<DataViewSchema.Column> columns, int capacity, ReadAheadBudget budget, SquareImages? squares)
    {
        (_source, _budget, _rows, _squares) = (source, budget, new (long, DataViewRowId, long)[capacity], squares);
        _idGetter = source.GetIdGetter();
        _buffers = columns.ToDictionary(c => c.Index, c => ColumnBuffer.Create(source, source.Schema[c.Index], capacity));
        _thread = new(Run) { IsBackground = true, Name = "ZsMlc reads ahead" };
    }

    /// <summary>Gets whether it is known what comes next. Ask within the gate.</summary>
    public bool IsKnown => _count > 0 || _ended;

    /// <summary>Gets the place, among the rows of all threads, of the row or failure that comes next; <see langword="null"/> at the end. Ask within the gate.</summary>
    public long? Place => _count > 0 ? _rows[_head].Place : _fault is null ? (long?)null : _place;

    /// <summary>Gets the id of the first row that waits.</summary>
    public DataViewRowId Id => _rows[_head].Id;

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>Throws what ended the thread, if that comes next.</summary>
    public void ThrowIfFailed()
    {
        if (_count == 0)
        {
            _fault?.Throw();
        }
    }

    /// <summary>Hands over a value of the first row that waits.</summary>
    public void Take<T>(int column, ref T value) => ((ColumnBuffer<T>)_buffers[column]).Take(_head, ref value);

    /// <summary>Gives up the first row that waits. Call within the gate.</summary>
    public void Release()
    {
        _budget.Bytes -= _rows[_head].Bytes;
        _head = (_head + 1) % _rows.Length;
        _count--;
        Monitor.PulseAll(_budget.Gate);
    }

    /// <summary>Waits for the thread, after the budget was cancelled, and frees its images.</summary>
    public void Join()
    {
        if (_thread.ThreadState.HasFlag(ThreadState.Unstarted))
        {
            _source.Dispose();
        }
        else
        {
            _thread.Join();
        }

        foreach (var buffer in _buffers.Values)
        {
            buffer.FreeImages();
        }
    }

    private void Run()
    {
        ExceptionDispatchInfo? fault = null;
        try
        {
            using (_source)
            {
                ReadAll();
            }
        }
        catch (Exception e)
        {
            fault = ExceptionDispatchInfo.Capture(e);
        }

        lock (_budget.Gate)
        {
            (_fault, _ended) = (fault, true);
            Monitor.PulseAll(_budget.Gate);
        }
    }

    private void ReadAll()
    {
        // A team of threads behind each of these would be as many again for every core.
        var squares = _squares is not null && CallingThread.ComputesAlone() ? _squares : null;
        for (var slot = 0; WaitForRoom() && _source.MoveNext(); slot = (slot + 1) % _rows.Length)
        {
            _place = _source.Batch;
            var id = default(DataViewRowId);
            _idGetter(ref id);
            foreach (var buffer in _buffers.Values)
            {
                buffer.Read(slot);
            }

            if (squares is not null)
            {
                _buffers[squares.Column].Change(slot, squares.Stretch);
            }

            var bytes = _buffers.Values.Sum(b => b.ImageBytes(slot));
            lock (_budget.Gate)
            {
                _rows[slot] = (_place, id, bytes);
                _budget.Bytes += bytes;
                _count++;
                Monitor.PulseAll(_budget.Gate);
            }

            _place++;
        }
    }

    // Whoever merges the rows needs one of every thread, so each may always have one, whatever the others hold.
    private bool WaitForRoom()
    {
        lock (_budget.Gate)
        {
            while (!_budget.IsCancelled && _count > 0 && (_count == _rows.Length || _budget.Bytes >= ReadAheadBudget.MostBytes))
            {
                Monitor.Wait(_budget.Gate);
            }

            return !_budget.IsCancelled;
        }
    }
}
