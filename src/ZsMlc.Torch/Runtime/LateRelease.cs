namespace ZsMlc.Torch.Runtime;

/// <summary>Handles that are released some time after they were let go of: when others are, later than that.</summary>
/// <param name="release">Releases a handle.</param>
/// <param name="milliseconds">The least time between.</param>
internal sealed class LateRelease(Action<nint> release, long milliseconds)
{
    private readonly Lock _gate = new();
    private List<nint> _older = [], _newer = [];
    private long _since;

    /// <summary>Lets go of a handle, on any thread.</summary>
    /// <param name="handle">The handle.</param>
    /// <param name="now">The time in milliseconds, of a clock that does not go back.</param>
    public void LetGo(nint handle, long now)
    {
        lock (_gate)
        {
            _newer.Add(handle);
            if (now - _since < milliseconds)
            {
                return;
            }

            _since = now;
            _older.ForEach(release);
            _older.Clear();
            (_older, _newer) = (_newer, _older);
        }
    }
}
