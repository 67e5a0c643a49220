using Microsoft.ML;
using ZsMlc.MLNet.Interop;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>A generator of 16² pixels from the random models of <see cref="TinyWorld"/>.</summary>
internal static class TinyGenerator
{
    /// <summary>Three unseen labels, so that those of every image have a rival.</summary>
    public static LabelSet Labels { get; } = LabelSet.Create(TinyWorld.Labels.Seen, ["yellow", "white", "purple"]);

    /// <summary>Two sampling steps without guidance, three images of each unseen label, alone or in pairs.</summary>
    public static SyntheticUnseenDataOptions Options(TinyWorld world, string store) => new()
    {
        Labels = Labels,
        Diffusion = world.Diffusion,
        StorePath = world.Folder[store],
        ImagesPerLabel = 3,
        Sampling = new() { Steps = 2, GuidanceScale = 1, BatchSize = 2 },
        Seed = 11,
    };

    /// <summary>A judge that turns about half of the images down.</summary>
    public static AcceptanceFilterOptions Filter(TinyWorld world) => new() { Clip = world.Clip, MaxAttempts = 4 };

    public static SyntheticUnseenDataTransformer Fit(SyntheticUnseenDataOptions options, MLContext? ml = null) =>
        (ml ?? new()).Transforms.SyntheticUnseenData(options).Fit(Photos());

    public static IDataView Photos() => TinyWorld.Rows(3, IndexedColumn.Texts("Labels", i => [Labels.Seen[i]]));

    /// <summary>Every file of a store by its path; nothing but the mark of its use is left out.</summary>
    public static SortedDictionary<string, string> Files(string store, string pattern = "*") => new(
        Directory.EnumerateFiles(store, pattern, SearchOption.AllDirectories)
            .Where(f => new FileInfo(f).Length > 0)
            .ToDictionary(f => Path.GetRelativePath(store, f), f => Convert.ToHexString(File.ReadAllBytes(f))),
        StringComparer.Ordinal);

    public static void AssertSame(string expected, string actual, string pattern = "*")
    {
        var (one, two) = (Files(expected, pattern), Files(actual, pattern));
        CollectionAssert.AreEqual(one.Keys, two.Keys);
        foreach (var (name, bytes) in one)
        {
            Assert.AreEqual(bytes, two[name], name);
        }
    }
}

/// <summary>Calls back on the thread that reports.</summary>
internal sealed class Told<T>(Action<T> action) : IProgress<T>
{
    public void Report(T value) => action(value);
}
