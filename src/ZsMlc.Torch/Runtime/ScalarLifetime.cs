using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ZsMlc.Torch.Runtime;

/// <summary>
/// Keeps the numbers that TorchSharp hands to libtorch until they are read. A number in a formula (<c>x + 1</c>, the hidden factor of
/// <c>x + y</c>) is a <see cref="TorchSharp.Scalar"/>, an object with a finalizer to which nothing refers any more once its native handle
/// is on the way to libtorch. A collection that another thread causes just then frees it under libtorch's hands, which answers
/// "Expected false to be true" or takes another number. So its native part is freed some seconds after TorchSharp lets go of it.
/// Delete this class when TorchSharp keeps its arguments alive.
/// </summary>
internal static unsafe class ScalarLifetime
{
    private const string Free = "THSTorch_dispose_scalar";

    // An operation reads its numbers within microseconds, unless its thread has to wait for a processor.
    private const int Seconds = 3;

    private static readonly Lock s_gate = new();
    private static delegate* unmanaged<nint, void> s_free;
    private static List<nint> s_older = [], s_newer = [];
    private static long s_since;

    /// <summary>Gets whether numbers are kept: on Linux, unless the program resolves TorchSharp's native library itself or wants nothing set.</summary>
    public static bool IsExtended { get; private set; }

    /// <summary>Gets how many numbers wait to be freed.</summary>
    public static int Waiting
    {
        get
        {
            lock (s_gate)
            {
                return s_older.Count + s_newer.Count;
            }
        }
    }

    /// <summary>To be called when TorchSharp's native library is loaded and nothing of it has been called.</summary>
    /// <param name="bridge">Handle of the library.</param>
    /// <param name="name">Its file name.</param>
    public static void Extend(nint bridge, string name)
    {
        s_free = (delegate* unmanaged<nint, void>)NativeLookup.Function(bridge, Free);
        if (ProcessSettings.Leaves([]) || s_free == null || SymbolLibrary.Load(name, Free, (nint)(delegate* unmanaged<nint, void>)&LetGo) is not (not 0 and var replaced))
        {
            return;
        }

        try
        {
            NativeLibrary.SetDllImportResolver(typeof(TorchSharp.torch).Assembly, (library, _, _) => name == $"lib{library}.so" ? replaced : 0);
            IsExtended = true;
        }
        catch (InvalidOperationException)
        {
            // The program has a resolver of its own.
        }
    }

    [UnmanagedCallersOnly]
    private static void LetGo(nint scalar) => LetGo(scalar, Environment.TickCount64);

    /// <summary>Frees a number later.</summary>
    /// <param name="scalar">Its handle.</param>
    /// <param name="now">The time, in milliseconds.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void LetGo(nint scalar, long now)
    {
        lock (s_gate)
        {
            s_newer.Add(scalar);
            if (now - s_since < Seconds * 1000)
            {
                return;
            }

            s_since = now;
            s_older.ForEach(static old => s_free(old));
            s_older.Clear();
            (s_older, s_newer) = (s_newer, s_older);
        }
    }
}
