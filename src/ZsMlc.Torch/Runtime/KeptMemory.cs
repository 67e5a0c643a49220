namespace ZsMlc.Torch.Runtime;

/// <summary>
/// Memory that the C library keeps between the batches of a run. Left to itself, it gives every large tensor back to the
/// system when it is freed, and the kernel clears the pages anew at the next allocation, which takes up to a third of the time.
/// </summary>
internal static class KeptMemory
{
    private static bool s_keeps;
    private static int s_runs;

    /// <summary>Begins to keep freed memory, for all native code of the process.</summary>
    public static void Begin() => s_keeps = GnuLibrary.KeepFreedMemory();

    /// <summary>Begins a run. When the last of those that overlap has ended, the freed memory goes back to the system.</summary>
    public static IDisposable Run()
    {
        Interlocked.Increment(ref s_runs);
        return new Running();
    }

    /// <summary>Gives freed memory back unless a run is using it.</summary>
    public static void GiveBack()
    {
        if (s_keeps && Volatile.Read(ref s_runs) == 0)
        {
            GnuLibrary.Trim();
        }
    }

    private sealed class Running : IDisposable
    {
        private int _ended;

        // Cursors are not always disposed.
        ~Running() => End();

        public void Dispose()
        {
            End();
            GC.SuppressFinalize(this);
        }

        private void End()
        {
            if (Interlocked.Exchange(ref _ended, 1) == 0)
            {
                Interlocked.Decrement(ref s_runs);
                GiveBack();
            }
        }
    }
}
