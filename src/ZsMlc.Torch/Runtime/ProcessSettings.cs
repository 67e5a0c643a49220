using System.Collections;

namespace ZsMlc.Torch.Runtime;

/// <summary>
/// What is set for the whole process when libtorch is loaded: threads that wait sleep soon instead of holding a core, there
/// are no more threads than cores that the process may use, and freed memory is kept for reuse during a run. What the user
/// has set stays, and <see cref="Switch"/> leaves everything alone. On other systems than Linux with GNU's C library only
/// the number of threads is looked at.
/// </summary>
internal static unsafe class ProcessSettings
{
    /// <summary>The environment variable whose value 0 leaves the process as it is.</summary>
    public const string Switch = "ZSMLC_PROCESS_SETTINGS";

    // 100 to 300 µs, since processors pause for 40 to 140 cycles: longer than nearly all gaps between two operations of a network and about what sleeping and waking cost
    // on a virtual machine, and a small part of the time slice of another process.
    private const string Spin = "GOMP_SPINCOUNT", ShortSpin = "6000";

    private static readonly string[] s_waiting = ["OMP_WAIT_POLICY", Spin, "KMP_"];
    private static readonly string[] s_memory = ["MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD"];
    private static readonly string[] s_threads = ["OMP_NUM_THREADS", "MKL_NUM_THREADS"];

    /// <summary>To be called before OpenMP's library is loaded, which reads its settings then and never again.</summary>
    public static void BeforeLoading()
    {
        if (!Leaves(s_waiting))
        {
            GnuLibrary.SetEnvironment(Spin, ShortSpin);
        }

        if (!Leaves(s_memory))
        {
            KeptMemory.Begin();
        }
    }

    /// <summary>To be called when libtorch is loaded: it counts the cores of the machine, not those that a container may use.</summary>
    public static void AfterLoading(nint libtorch)
    {
        var get = (delegate* unmanaged<int>)NativeLookup.Function(libtorch, "_ZN2at15get_num_threadsEv");
        var set = (delegate* unmanaged<int, void>)NativeLookup.Function(libtorch, "_ZN2at15set_num_threadsEi");
        if (!Leaves(s_threads) && get != null && set != null && get() > Environment.ProcessorCount)
        {
            set(Environment.ProcessorCount);
        }
    }

    /// <summary>Whether an environment turns everything off, or has a variable of its own that begins so.</summary>
    internal static bool Leaves(IReadOnlyList<string> prefixes, IDictionary? environment = null)
    {
        environment ??= Environment.GetEnvironmentVariables();
        return environment[Switch] as string == "0"
            || environment.Keys.Cast<string>().Any(n => prefixes.Any(p => n.StartsWith(p, StringComparison.Ordinal)) && environment[n] is string { Length: > 0 });
    }
}
