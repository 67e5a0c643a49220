using System.Runtime.ExceptionServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZsMlc.Torch.Runtime;

namespace ZsMlc.MLNet.Interop;

/// <summary>The cursor of a <see cref="BatchedDataView"/>.</summary>
internal sealed class BatchedCursor : DataViewRowCursor
{
    private readonly DataViewRowCursor _source;
    private readonly BatchMapping _mapping;
    private readonly bool[] _active;
    private readonly BatchRun? _run;
    private readonly IDisposable? _memory;
    private readonly Dictionary<int, ColumnBuffer> _buffers = [];
    private readonly DataViewRowId[] _ids;
    private readonly ValueGetter<DataViewRowId> _idGetter;
    private int _slot = -1, _count;
    private long _position = -1;
    private bool _done;
    private ExceptionDispatchInfo? _fault;

    public BatchedCursor(DataViewRowCursor source, BatchMapping mapping, bool[] active, bool computes)
    {
        (_source, _mapping, _active) = (source, mapping, active);
        var capacity = computes ? mapping.BatchSize : 1;
        try
        {
            _idGetter = source.GetIdGetter();
            _ids = new DataViewRowId[capacity];
            for (var i = 0; i < mapping.InputSchema.Count; i++)
            {
                if (active[i])
                {
                    _buffers[i] = ColumnBuffer.Create(source, source.Schema[i], capacity);
                }
            }

            _run = computes ? mapping.Start(new BufferedRow(source, _buffers, () => _count), capacity) : null;
            _memory = computes && mapping.UsesNetwork ? KeptMemory.Run() : null;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override DataViewSchema Schema => _mapping.OutputSchema;

    /// <inheritdoc/>
    public override long Position => _position;

    /// <inheritdoc/>
    public override long Batch => _ids.Length == 1 ? _source.Batch : 0;

    /// <inheritdoc/>
    public override bool IsColumnActive(DataViewSchema.Column column) => _active[column.Index];

    /// <inheritdoc/>
    public override bool MoveNext()
    {
        while (!_done)
        {
            _slot++;
            if (_slot >= _count && !Fill())
            {
                _run?.Complete();
                Dispose();
                return false;
            }

            if (_run?.Keep(_slot) ?? true)
            {
                _position++;
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!_active[column.Index])
        {
            throw new ArgumentException($"The column {column.Name} was not asked for when the cursor was made.", nameof(column));
        }

        var getter = _buffers.TryGetValue(column.Index, out var buffer)
            ? buffer.Getter(Slot)
            : _run!.Getter(column.Index - _mapping.InputSchema.Count, Slot);
        return getter as ValueGetter<TValue> ?? throw new ArgumentException($"The column {column.Name} has values of the type {column.Type.RawType}, not {typeof(TValue)}.", nameof(column));
    }

    /// <inheritdoc/>
    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = _ids[Slot()];

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_done)
        {
            _done = true;
            _position = -1;
            _run?.Dispose();
            _source.Dispose();
            if (_source is ReadAheadCursor)
            {
                _buffers.Values.ToList().ForEach(b => b.FreeImages());
            }

            _memory?.Dispose();
        }

        base.Dispose(disposing);
    }

    private bool Fill()
    {
        _fault?.Throw();
        (_slot, _count) = (0, 0);
        try
        {
            while (_count < _ids.Length && ReadRow())
            {
                _count++;
            }
        }
        catch (Exception e) when (_count > 0 && e is not OperationCanceledException)
        {
            // The rows before it are whole: the failure comes in its turn.
            _fault = ExceptionDispatchInfo.Capture(e);
        }

        if (_count > 0)
        {
            _run?.Compute(_count);
        }

        return _count > 0;
    }

    private bool ReadRow()
    {
        _mapping.CancellationToken.ThrowIfCancellationRequested();
        if (!_source.MoveNext())
        {
            return false;
        }

        _idGetter(ref _ids[_count]);
        foreach (var buffer in _buffers.Values)
        {
            buffer.Read(_count);
        }

        _run?.Read(_count);
        return true;
    }

    private int Slot() => _position >= 0 ? _slot : throw new InvalidOperationException("The cursor is not on a row: call MoveNext first.");
}
