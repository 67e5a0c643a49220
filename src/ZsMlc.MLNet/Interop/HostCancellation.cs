using Microsoft.ML.Runtime;

namespace ZsMlc.MLNet.Interop;

/// <summary>
/// A token that is cancelled by the user's own one, and when ML.NET cancels its running work (<see cref="ICancelable"/>: the
/// way of AutoML's time limits and of Microsoft.ML.Experimental's <c>StopExecution</c>).
/// </summary>
internal sealed class HostCancellation : IDisposable
{
    private const int Interval = 50;

    private readonly CancellationTokenSource _source;
    private readonly Timer? _timer;

    /// <summary>Starts to watch; ML.NET tells its hosts when asked alone, so it is asked every 50 ms.</summary>
    /// <param name="environment">The context. One that was cancelled stays so, as ML.NET has it: it starts no more work.</param>
    /// <param name="name">Who works.</param>
    /// <param name="token">The user's token.</param>
    public HostCancellation(IHostEnvironment environment, string name, CancellationToken token)
    {
        _source = CancellationTokenSource.CreateLinkedTokenSource(token);

        // A seed of its own leaves the context's random numbers to others.
        if (environment.Register(name, seed: 0) is ICancelable host)
        {
            CancelIf(host.IsCanceled);
            _timer = new(_ => CancelIf(host.IsCanceled), null, Interval, Interval);
        }
    }

    /// <summary>Gets the token.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Stops watching.</summary>
    public void Dispose()
    {
        if (_timer is not null)
        {
            // The last look may still be under way.
            using var done = new ManualResetEvent(false);
            if (_timer.Dispose(done))
            {
                done.WaitOne();
            }
        }

        _source.Dispose();
    }

    private void CancelIf(bool isCanceled)
    {
        if (isCanceled)
        {
            _source.Cancel();
        }
    }
}
