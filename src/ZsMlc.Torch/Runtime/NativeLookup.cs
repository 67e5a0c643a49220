using System.Runtime.InteropServices;

namespace ZsMlc.Torch.Runtime;

/// <summary>Native libraries and functions that a system may lack: each is 0 where it does.</summary>
internal static class NativeLookup
{
    /// <summary>The handle of a library that the system's loader finds.</summary>
    public static nint Library(string name) => NativeLibrary.TryLoad(name, out var library) ? library : 0;

    /// <summary>The address of a function of a library, which may be missing itself.</summary>
    public static nint Function(nint library, string name) => library != 0 && NativeLibrary.TryGetExport(library, name, out var function) ? function : 0;
}
