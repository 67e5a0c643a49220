using System.Runtime.InteropServices;

namespace ZsMlc.Torch.Runtime;

/// <summary>The few calls to GNU's C library that .NET has none for. Nothing happens where the system has another C library.</summary>
internal static partial class GnuLibrary
{
    private const string Name = "libc.so.6";

    private static readonly Lock s_trimming = new();

    // The threshold under which the end of an arena is kept, and a block of those whose release looks at it.
    private const int Kept = int.MaxValue, BlockThatTrims = 1 << 17;

    private const int TrimThreshold = -1, MmapThreshold = -3; // M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h

    /// <summary>Whether this process runs on GNU's C library.</summary>
    public static bool IsPresent { get; } = OperatingSystem.IsLinux() && NativeLookup.Function(NativeLookup.Library(Name), "gnu_get_libc_version") != 0;

    /// <summary>Sets an environment variable where native code sees it; .NET's own call changes a copy.</summary>
    /// <remarks>Other native threads must not read the environment meanwhile, so this belongs to the start of a process.</remarks>
    public static void SetEnvironment(string name, string value)
    {
        if (IsPresent)
        {
            SetVariable(name, value, 1);
        }
    }

    /// <summary>The value of an environment variable as native code sees it; null where there is none.</summary>
    public static string? Environment(string name) => IsPresent ? Marshal.PtrToStringUTF8(GetVariable(name)) : null;

    /// <summary>Lets the allocator keep freed blocks of up to a gigabyte for reuse.</summary>
    /// <returns>Whether it does.</returns>
    public static bool KeepFreedMemory()
    {
        // Older versions of the library refuse a threshold beyond half of an arena's heap.
        return IsPresent && (SetOption(MmapThreshold, 1 << 30) != 0 || SetOption(MmapThreshold, 1 << 25) != 0) && SetOption(TrimThreshold, Kept) != 0;
    }

    /// <summary>Gives freed memory back to the system, after <see cref="KeepFreedMemory"/>.</summary>
    public static unsafe void Trim()
    {
        if (!IsPresent)
        {
            return;
        }

        // malloc_trim leaves the end of a thread's arena alone, up to 64 MB. What lies free there goes when a block is freed without a threshold, on a thread
        // that uses that arena: so it does for the calling thread, and not for others that freed memory during the run.
        lock (s_trimming)
        {
            SetOption(TrimThreshold, 0);
            NativeMemory.Free(NativeMemory.Alloc(BlockThatTrims));
            SetOption(TrimThreshold, Kept);
        }

        Trim(0);
    }

    [LibraryImport(Name, EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LibraryImport(Name, EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetVariable(string name);

    [LibraryImport(Name, EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);

    [LibraryImport(Name, EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint pad);
}
