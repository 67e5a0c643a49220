namespace ZsMlc.MLNet.Interop;

/// <summary>What the threads that read ahead for one cursor share: the lock over their rows, and the memory of their images.</summary>
internal sealed class ReadAheadBudget
{
    /// <summary>Bytes of images that may wait; beyond it each thread holds one row ready and one in work.</summary>
    public const long MostBytes = 256L << 20;

    /// <summary>Gets the lock, pulsed at every change.</summary>
    public object Gate { get; } = new();

    /// <summary>Gets or sets the bytes of images that wait.</summary>
    public long Bytes { get; set; }

    /// <summary>Gets whether nobody wants further rows.</summary>
    public bool IsCancelled { get; private set; }

    /// <summary>Ends all threads after the row that they are at.</summary>
    public void Cancel()
    {
        lock (Gate)
        {
            IsCancelled = true;
            Monitor.PulseAll(Gate);
        }
    }
}
