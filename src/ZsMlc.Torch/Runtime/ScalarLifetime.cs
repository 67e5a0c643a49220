using System.Reflection;
using System.Runtime.InteropServices;

namespace ZsMlc.Torch.Runtime;

/// <summary>
/// Keeps the numbers that TorchSharp hands to libtorch until they are read. A number in a formula (<c>x + 1</c>, the hidden factor of
/// <c>x + y</c>) is a <see cref="TorchSharp.Scalar"/>, an object with a finalizer to which nothing refers any more once its native handle
/// is on the way to libtorch. A collection that another thread causes just then frees it under libtorch's hands, which answers
/// "Expected false to be true" or takes another number. So its native part is freed some seconds after TorchSharp lets go of it.
/// Delete this class when TorchSharp keeps its arguments alive.
/// </summary>
/// <remarks>On Linux alone, and where the process is not to be left as it is (<see cref="ProcessSettings.Switch"/>).</remarks>
internal static unsafe class ScalarLifetime
{
    private const string Free = "THSTorch_dispose_scalar";

    // An operation reads its numbers within microseconds, unless its thread has to wait for a processor.
    private static readonly LateRelease s_scalars = new(static scalar => s_free(scalar), 3000);

    private static delegate* unmanaged<nint, void> s_free;
    private static string s_name = "";
    private static nint s_library;

    /// <summary>To be called when TorchSharp's native library is loaded.</summary>
    /// <param name="bridge">Handle of the library.</param>
    /// <param name="name">Its file name.</param>
    public static void Prepare(nint bridge, string name)
    {
        s_free = (delegate* unmanaged<nint, void>)NativeLookup.Function(bridge, Free);
        if (!ProcessSettings.Leaves([]) && s_free != null)
        {
            (s_name, s_library) = (name, SymbolLibrary.Load(name, Free, (nint)(delegate* unmanaged<nint, void>)&LetGo));
        }
    }

    /// <summary>To be called behind <see cref="Prepare"/>, before TorchSharp calls its native library, and where no lock is held that a thread which loads TorchSharp may wait for.</summary>
    /// <param name="torchSharp">TorchSharp's assembly.</param>
    public static void Extend(Assembly torchSharp)
    {
        if (s_library == 0)
        {
            return;
        }

        try
        {
            NativeLibrary.SetDllImportResolver(torchSharp, (library, _, _) => s_name == $"lib{library}.so" ? s_library : 0);
        }
        catch (InvalidOperationException)
        {
            // The program has a resolver of its own.
        }
    }

    [UnmanagedCallersOnly]
    private static void LetGo(nint scalar) => s_scalars.LetGo(scalar, Environment.TickCount64);
}
