using System.Security.Cryptography;

namespace ZsMlc.Torch.Runtime;

/// <summary>
/// Lets <c>libLibTorchSharp.so</c> load beside a C++ library older than GCC 13 (Debian 12, Ubuntu 22.04).
/// The library asks for <c>GLIBCXX_3.4.32</c> because of one symbol, <c>std::ios_base_library_init()</c>, which
/// initialises the standard streams. <c>std::ios_base::Init::Init()</c>, present in every version, has that same
/// effect and ignores its object, so a copy that calls it instead behaves the same.
/// Delete this class when TorchSharp ships a build for those systems.
/// </summary>
internal static class LibTorchSharpPatch
{
    internal const string NewVersion = "GLIBCXX_3.4.32", OldVersion = "GLIBCXX_3.4";
    private const string NewSymbol = "_ZSt21ios_base_library_initv", OldSymbol = "_ZNSt8ios_base4InitC1Ev";

    /// <summary>Returns the path of a patched copy in the per-user cache, made on the first call for this build of the library.</summary>
    public static string PatchedCopy(string library, IEnumerable<string>? cacheRoots = null)
    {
        var bytes = File.ReadAllBytes(library);
        var key = Convert.ToHexStringLower(SHA256.HashData(bytes))[..16];
        Apply(bytes);

        List<string> refused = [];
        foreach (var root in cacheRoots ?? CacheRoots())
        {
            try
            {
                var folder = Path.Combine(root, key);
                var copy = Path.Combine(folder, Path.GetFileName(library));
                Directory.CreateDirectory(folder);
                if (!File.Exists(copy) || !File.ReadAllBytes(copy).AsSpan().SequenceEqual(bytes))
                {
                    var temporary = $"{copy}.{Environment.ProcessId}.{Guid.NewGuid():n}.tmp";
                    File.WriteAllBytes(temporary, bytes);
                    File.Move(temporary, copy, overwrite: true);
                }

                return copy;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                refused.Add($"{root}: {e.Message}");
            }
        }

        throw new IOException($"No folder can take the adapted copy of {library}. Tried: {string.Join("; ", refused)}");
    }

    /// <summary>Edits the image of the library in place.</summary>
    /// <exception cref="InvalidDataException">The image does not have the entries this patch is made for.</exception>
    public static void Apply(byte[] image)
    {
        var elf = new ElfImage(image);
        var versions = elf.NeededVersions().ToList();
        var tooNew = versions.FindIndex(v => v.Name == NewVersion);
        var old = versions.FindIndex(v => v.Name == OldVersion);
        if (tooNew < 0 || old < 0)
        {
            throw new InvalidDataException($"The library does not need both {NewVersion} and {OldVersion}; it needs {string.Join(", ", versions.Select(v => v.Name))}.");
        }

        if (!elf.RenameString(NewSymbol, OldSymbol))
        {
            throw new InvalidDataException($"The library does not import {NewSymbol}.");
        }

        elf.CopyVersion(versions[old].Offset, versions[tooNew].Offset);
    }

    private static IEnumerable<string> CacheRoots()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        if (home.Length > 0)
        {
            yield return Path.Combine(home, "ZsMlc", "native");
        }

        yield return Path.Combine(Path.GetTempPath(), $"zsmlc-{Environment.UserName}", "native");
    }
}
