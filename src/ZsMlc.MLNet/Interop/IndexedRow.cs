namespace ZsMlc.MLNet.Interop;

/// <summary>Where a cursor over an <see cref="IndexedDataView"/> is, and what was made when it looked whether the row exists.</summary>
internal sealed class IndexedRow : IDisposable
{
    private const int None = -1;

    private int _index = None;
    private IDisposable? _kept;

    /// <summary>Gets the index of the row.</summary>
    /// <exception cref="InvalidOperationException">The cursor is not on a row.</exception>
    public int Index => _index != None ? _index : throw new InvalidOperationException("The cursor is not on a row: call MoveNext first.");

    /// <summary>A place that does not change.</summary>
    public static IndexedRow At(int index) => new() { _index = index };

    /// <summary>Goes to a row.</summary>
    public void Move(int index)
    {
        Dispose();
        _index = index;
    }

    /// <summary>Keeps a value for the getter that will want it, until the cursor moves.</summary>
    public void Keep(IDisposable value) => _kept = value;

    /// <summary>Hands over the value that was kept, once.</summary>
    /// <returns>The value, or <see langword="null"/>.</returns>
    public T? Take<T>()
        where T : class
    {
        var value = _kept as T;
        _kept = value is null ? _kept : null;
        return value;
    }

    /// <summary>Leaves the row and frees what nobody took.</summary>
    public void Dispose()
    {
        _index = None;
        _kept?.Dispose();
        _kept = null;
    }
}
