using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace ZsMlc.Torch.Runtime;

/// <summary>
/// Tells whether a libtorch is one that TorchSharp's native bridge can be loaded upon. The bridge links against symbols of
/// libtorch's inner workings, which come and go from version to version; one that is missing ends the process when it is
/// first used, not when the bridge is loaded.
/// </summary>
internal static partial class LibtorchVersion
{
    /// <summary>The versions that the bridge was tested with, for messages.</summary>
    public const string Usable = "2.10, 2.11 and 2.12";

    // The bridge of TorchSharp 0.107 was built upon 2.10; 2.13 took away 15 of its symbols, this one among them.
    private const string VanishedSymbol = "_ZN5torch8autograd10deleteNodeEPNS0_4NodeE";

    private static readonly Version s_first = new(2, 10), s_last = new(2, 12);

    /// <summary>Checks by the version that stands beside the libraries, before any of them is loaded.</summary>
    /// <param name="library">Path of <c>libtorch_cpu.so</c>.</param>
    /// <returns>What is wrong, or null where nothing is known to be.</returns>
    public static string? Problem(string library) => Read(library) is not { } found || IsUsable(found.Version)
        ? null
        : $"{library} is libtorch {found.Text}, as {found.File} says; usable with this TorchSharp are {Usable}";

    /// <summary>Checks a libtorch that is loaded, by what it says of itself and by a function that the bridge needs.</summary>
    /// <param name="library">Path of <c>libtorch_cpu.so</c>.</param>
    /// <param name="handle">The loaded library.</param>
    /// <returns>What is wrong, or null.</returns>
    public static string? Problem(string library, nint handle)
    {
        var version = Of(handle);
        return (version is null || IsUsable(version)) && NativeLibrary.TryGetExport(handle, VanishedSymbol, out _)
            ? null
            : $"{library} is libtorch {version?.ToString() ?? "of an unknown version"}{(version is null ? $", which lacks the function {VanishedSymbol} that the bridge needs" : "")}; usable with this TorchSharp are {Usable}";
    }

    /// <summary>The version that a loaded libtorch tells by its stable C interface, or null where it has none.</summary>
    /// <param name="handle">The loaded <c>libtorch_cpu</c>.</param>
    public static unsafe Version? Of(nint handle)
    {
        if (!NativeLibrary.TryGetExport(handle, "aoti_torch_abi_version", out var function))
        {
            return null;
        }

        // Major, minor and patch are the three highest bytes.
        var version = ((delegate* unmanaged<ulong>)function)();
        return new((int)(version >> 56), (int)(version >> 48 & 0xFF), (int)(version >> 40 & 0xFF));
    }

    /// <summary>The version that stands beside a folder <c>lib</c>: a Python package's <c>version.py</c>, or the <c>build-version</c> of a libtorch download.</summary>
    private static (string Text, Version Version, string File)? Read(string library)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(library));
        if (Path.GetFileName(folder) != "lib" || Path.GetDirectoryName(folder) is not { } parent)
        {
            return null;
        }

        foreach (var (name, pattern) in new[] { ("version.py", PythonVersion()), ("build-version", BuildVersion()) })
        {
            var file = Path.Combine(parent, name);
            if (File.Exists(file) && pattern.Match(File.ReadAllText(file)) is { Success: true } match && Version.TryParse(match.Groups[2].Value, out var version))
            {
                return (match.Groups[1].Value, version, file);
            }
        }

        return null;
    }

    private static bool IsUsable(Version version) => new Version(version.Major, version.Minor) is var minor && minor >= s_first && minor <= s_last;

    [GeneratedRegex(@"^__version__\s*=\s*['""]((\d+\.\d+)[^'""]*)['""]", RegexOptions.Multiline)]
    private static partial Regex PythonVersion();

    [GeneratedRegex(@"^\s*((\d+\.\d+)\S*)")]
    private static partial Regex BuildVersion();
}
