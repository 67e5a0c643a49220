using System.Runtime.InteropServices;

namespace ZsMlc.Torch.Runtime;

/// <summary>C functions that libtorch exports and TorchSharp has no calls for.</summary>
internal static class LibtorchCpu
{
    private static readonly nint s_library =
        RuntimeInformation.ProcessArchitecture == Architecture.X64 && NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "torch_cpu.dll" : "libtorch_cpu.so", out var library) ? library : 0;

    /// <summary>Gets whether there is a library to look in.</summary>
    public static bool IsLoaded => s_library != 0;

    /// <summary>The address of a function; 0 where this libtorch has none of the name.</summary>
    public static nint Function(string name) => s_library != 0 && NativeLibrary.TryGetExport(s_library, name, out var function) ? function : 0;
}
