using System.Security.Cryptography;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>Compares folders byte for byte.</summary>
internal static class StoreFiles
{
    /// <summary>Path within the folder → SHA-256, of every file.</summary>
    public static SortedDictionary<string, string> Of(string folder) => new(
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .ToDictionary(f => Path.GetRelativePath(folder, f).Replace('\\', '/'), f => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f)))),
        StringComparer.Ordinal);

    /// <summary>Fails when two folders differ in any file or byte.</summary>
    public static void AreEqual(SortedDictionary<string, string> expected, string folder)
    {
        var actual = Of(folder);
        var different = expected.Keys.Union(actual.Keys).Where(f => expected.GetValueOrDefault(f) != actual.GetValueOrDefault(f)).ToList();
        Assert.IsEmpty(different, $"{different.Count} files differ, as {string.Join(", ", different.Take(5))}.");
    }

    /// <summary>When each file was written.</summary>
    public static Dictionary<string, DateTime> Times(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(f => Path.GetRelativePath(folder, f).Replace('\\', '/'), File.GetLastWriteTimeUtc);
}
