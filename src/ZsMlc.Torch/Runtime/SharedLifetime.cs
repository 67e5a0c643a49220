namespace ZsMlc.Torch.Runtime;

/// <summary>
/// Lets threads use an object that any of them may dispose: what it holds is freed once, when the last running call has
/// left, and calls that come later are refused.
/// </summary>
/// <param name="name">What the object is called in messages.</param>
/// <param name="free">Frees what the object holds.</param>
internal sealed class SharedLifetime(string name, Action free) : IDisposable
{
    [ThreadStatic]
    private static Use? s_innermost;

    private readonly object _gate = new();
    private int _running;
    private string _name = name;
    private string? _advice, _disposedBy;
    private bool _freeing, _freed;

    /// <summary>Names the object in messages as its user knows it, and adds a sentence on how not to dispose what others use.</summary>
    public void Describe(string name, string advice) => (_name, _advice) = (name, advice);

    /// <summary>Begins a call, which ends when the result is disposed, on the same thread. A call may begin others of the same object, even if it has been disposed meanwhile.</summary>
    /// <exception cref="ObjectDisposedException">The object was disposed; the message says by what.</exception>
    public Use Enter()
    {
        lock (_gate)
        {
            if (_disposedBy is not null && !IsInside())
            {
                throw Refusal();
            }

            _running++;
        }

        return s_innermost = new(this, s_innermost);
    }

    /// <summary>Throws where <see cref="Enter"/> would.</summary>
    /// <exception cref="ObjectDisposedException">The object was disposed; the message says by what.</exception>
    public void Check() => Enter().Dispose();

    /// <summary>
    /// Refuses new calls, waits for those that run, and frees. A thread that is itself inside a call, of this or of
    /// another object, does not wait, since others may wait for it: the last call to leave then frees.
    /// </summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposedBy ??= DisposalCaller.Find();
            WaitFor(() => _running == 0);
        }

        FreeIfIdle();
        lock (_gate)
        {
            // Another thread may have begun to free.
            WaitFor(() => _freed);
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_running > 0 || _disposedBy is null)
            {
                return;
            }

            Monitor.PulseAll(_gate);
        }

        FreeIfIdle();
    }

    private void WaitFor(Func<bool> condition)
    {
        while (s_innermost is null && !condition())
        {
            Monitor.Wait(_gate);
        }
    }

    private void FreeIfIdle()
    {
        lock (_gate)
        {
            if (_running > 0 || _freeing)
            {
                return;
            }

            _freeing = true;
        }

        try
        {
            free();
        }
        finally
        {
            lock (_gate)
            {
                _freed = true;
                Monitor.PulseAll(_gate);
            }

            KeptMemory.GiveBack();
        }
    }

    private bool IsInside()
    {
        for (var use = s_innermost; use is not null; use = use.Outer)
        {
            if (use.Lifetime == this)
            {
                return true;
            }
        }

        return false;
    }

    private ObjectDisposedException Refusal() =>
        new(_name, $"This {_name} can no longer be used: it was disposed by {_disposedBy}. {_advice}".TrimEnd());

    /// <summary>A running call.</summary>
    public sealed class Use : IDisposable
    {
        internal Use(SharedLifetime lifetime, Use? outer) => (Lifetime, Outer) = (lifetime, outer);

        internal SharedLifetime Lifetime { get; }

        internal Use? Outer { get; }

        /// <summary>Ends the call.</summary>
        public void Dispose()
        {
            s_innermost = Outer;
            Lifetime.Leave();
        }
    }
}
