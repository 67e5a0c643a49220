using System.Runtime.InteropServices;

namespace ZsMlc.Torch.Runtime;

/// <summary>
/// Lets libtorch ask the kernel for large pages. Activations of a batch are freshly mapped memory in every layer, and
/// filling it in pages of 4 KB costs a convolutional network in single precision about a seventh of its time.
/// </summary>
internal static partial class HugePages
{
    /// <summary>libtorch's own switch; it holds for tensors of 2 MB and more.</summary>
    public const string Variable = "THP_MEM_ALLOC_ENABLE";

    /// <summary>Turns them on before libtorch makes its first tensor, unless the user has set the variable.</summary>
    public static void Ask()
    {
        try
        {
            // .NET keeps its variables to itself, and native code asks the C library. The return value does not matter.
            _ = SetEnvironmentVariable(Variable, "1", 0);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // Without them everything works, a little slower.
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironmentVariable(string name, string value, int overwrite);
}
