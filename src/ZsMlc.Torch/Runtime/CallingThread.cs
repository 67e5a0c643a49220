using TorchSharp;

namespace ZsMlc.Torch.Runtime;

/// <summary>Keeps libtorch's work on the thread that asks for it, where many threads ask at once.</summary>
internal static unsafe class CallingThread
{
    private static readonly delegate* unmanaged<int, void> s_setThreads = (delegate* unmanaged<int, void>)Function();

    /// <summary>Has everything that the calling thread asks of libtorch from now on computed by it alone; OpenMP's number of threads is each thread's own.</summary>
    /// <returns>Whether this libtorch can be told so.</returns>
    public static bool ComputesAlone()
    {
        if (s_setThreads == null)
        {
            return false;
        }

        // At a thread's first use libtorch sets the number by itself, and never again.
        _ = torch.get_num_threads();
        s_setThreads(1);
        return true;
    }

    // OpenMP's library is one of those that libtorch needs, so the loader finds its functions through it.
    private static nint Function()
    {
        TorchRuntime.EnsureLoaded();
        return OperatingSystem.IsLinux() ? NativeLookup.Function(NativeLookup.Library("libtorch_cpu.so"), "omp_set_num_threads") : 0;
    }
}
