using System.Diagnostics;
using Parquet.Serialization;
using SkiaSharp;
using ZsMlc.Samples.TagImages;

namespace ZsMlc.Samples.Tests.TagImages.Bulk;

[TestClass]
public sealed class BulkWorkTests
{
    [TestMethod]
    public async Task Folder_KilledTwice_EndsAsAnUndisturbedRun()
    {
        using var folder = Photos(160);
        await RunAsync(folder, "whole.jsonl");

        KillAt(folder, parts: 3);
        KillAt(folder, parts: 20);
        var left = PartsOf(folder, "killed.jsonl").Count;
        var (code, output) = await RunAsync(folder, "killed.jsonl");

        Assert.AreEqual(0, code, output);
        Assert.IsLessThan(80, left, "The process was done before it was killed.");
        Assert.Contains($"{2 * left} were there", output);
        CollectionAssert.AreEqual(File.ReadAllBytes(folder["whole.jsonl"]), File.ReadAllBytes(folder["killed.jsonl"]));
        CollectionAssert.AreEqual(PartsOf(folder, "whole.jsonl"), PartsOf(folder, "killed.jsonl"));
    }

    [TestMethod]
    public async Task Folder_OnSeveralGpus_EachTakesItsPartsAndTheLastJoinsThem()
    {
        using var folder = Photos(9);
        await RunAsync(folder, "whole.csv");

        var (code, output) = await RunAsync(folder, "shared.csv", "--gpu", "98,99"); // GPUs that no machine has: the CPU takes their place

        Assert.AreEqual(0, code, output);
        Assert.Contains("GPU 98: 9 pictures in 5 parts; task 1 of 2 has 5", output);
        Assert.Contains("GPU 99: 9 pictures in 5 parts; task 2 of 2 has 4", output);
        Assert.AreEqual(File.ReadAllText(folder["whole.csv"]), File.ReadAllText(folder["shared.csv"]));
    }

    [TestMethod]
    public async Task Merge_PartDamaged_IsNamedAndMadeAgain()
    {
        using var folder = Photos(6);
        await RunAsync(folder, "tags.csv");
        var expected = File.ReadAllText(folder["tags.csv"]);
        var part = Path.Combine(folder["tags.csv.parts"], PartsOf(folder, "tags.csv")[1]);
        File.WriteAllText(part, File.ReadAllText(part).Replace("\"file\"", "\"fiIe\"", StringComparison.Ordinal));

        var merged = await Programs.RunAsync(TagImagesProgram.RunAsync, "merge", folder["tags.csv.parts"], "--out", folder["other.csv"]);
        var again = await RunAsync(folder, "tags.csv");

        Assert.AreEqual(2, merged.Code, merged.Output);
        Assert.Contains("1 of 3 parts", merged.Output);
        Assert.Contains("missing or damaged: 1.", merged.Output);
        Assert.IsFalse(File.Exists(folder["other.csv"]));
        Assert.Contains("4 were there", again.Output);
        Assert.AreEqual(expected, File.ReadAllText(folder["tags.csv"]));
    }

    [TestMethod]
    public async Task Merge_ToParquet_HasARowAPicture()
    {
        using var folder = Photos(5);
        File.WriteAllText(folder["photos/broken.png"], "not a picture");
        await RunAsync(folder, "tags.csv");

        var (code, output) = await Programs.RunAsync(TagImagesProgram.RunAsync, "merge", folder["tags.csv.parts"], "--out", folder["tags.parquet"]);

        Assert.AreEqual(0, code, output);
        await using var file = File.OpenRead(folder["tags.parquet"]);
        var rows = (await ParquetSerializer.DeserializeAsync<Row>(file)).Data;
        Assert.HasCount(6, rows);
        var broken = rows.Single(r => r.Error is not null);
        Assert.AreEqual("broken.png", broken.File);
        Assert.IsEmpty(broken.Labels);
        foreach (var row in rows.Where(r => r.Error is null))
        {
            Assert.HasCount(4, row.Labels);
            Assert.HasCount(4, row.Scores);
            Assert.AreEqual(new FileInfo(folder[$"photos/{row.File}"]).Length, row.Size);
        }
    }

    [TestMethod]
    public async Task Folder_OtherOptionsOrPictures_AreRefusedByName()
    {
        using var folder = Photos(3);
        await RunAsync(folder, "tags.csv");

        var options = await RunAsync(folder, "tags.csv", "--top", "2");
        File.WriteAllBytes(folder["photos/new.png"], Pictures.Draw(SKColors.Navy, SKColors.Gold));
        var pictures = await RunAsync(folder, "tags.csv");

        Assert.AreEqual(2, options.Code);
        Assert.Contains("top is 5 there and 2 now", options.Output);
        Assert.AreEqual(2, pictures.Code);
        Assert.Contains("pictures is 3 there and 4 now", pictures.Output);
    }

    [TestMethod]
    public async Task Folder_EndingOfNoFormat_IsRefusedBeforeAnythingIsDone()
    {
        using var folder = Photos(1);

        var (code, output) = await RunAsync(folder, "tags.xlsx");

        Assert.AreEqual(2, code);
        Assert.Contains("expected .csv, .jsonl, .json, .parquet", output);
        Assert.IsFalse(Directory.Exists(folder["tags.xlsx.parts"]));
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    [Timeout(120_000)]
    public async Task Folder_APipeAmongThePictures_IsNamedUnreadable()
    {
        using var folder = Photos(2);
        using (var make = Process.Start("mkfifo", [folder["photos/p.png"]]))
        {
            await make.WaitForExitAsync();
        }

        var (code, output) = await RunAsync(folder, "tags.csv");

        Assert.AreEqual(0, code, output);
        Assert.HasCount(1, File.ReadAllLines(folder["tags.csv"]).Where(l => l.StartsWith("p.png,,,", StringComparison.Ordinal) && l.Contains("it is a pipe", StringComparison.Ordinal)).ToList());
    }

    private static string[] Command(TemporaryFolder folder, string output) => ["folder", TinyTagger.Path, folder["photos"], "--out", folder[output], "--part-size", "2", "--threshold", "0"];

    private static Task<(int Code, string Output)> RunAsync(TemporaryFolder folder, string output, params string[] more) => Programs.RunAsync(TagImagesProgram.RunAsync, [.. Command(folder, output), .. more]);

    /// <summary>Names of the parts, which hold their hashes.</summary>
    private static List<string> PartsOf(TemporaryFolder folder, string output) =>
        Directory.Exists(folder[$"{output}.parts"]) ? [.. Directory.EnumerateFiles(folder[$"{output}.parts"], "part-*.jsonl").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)] : [];

    private static void KillAt(TemporaryFolder folder, int parts)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(TagImagesProgram).Assembly.Location, .. Command(folder, "killed.jsonl")]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        while (!process.HasExited && PartsOf(folder, "killed.jsonl").Count < parts)
        {
            Thread.Sleep(1);
        }

        process.Kill();
        process.WaitForExit();
    }

    private static TemporaryFolder Photos(int count)
    {
        var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["photos"]);
        for (var i = 0; i < count; i++)
        {
            File.WriteAllBytes(folder[$"photos/{i:000}.png"], Pictures.Draw(new SKColor((byte)(i * 37), 90, (byte)(255 - i)), SKColors.White));
        }

        return folder;
    }

    /// <summary>The columns as a reader of the file sees them.</summary>
    private sealed class Row
    {
        public string File { get; set; } = "";

        public long? Size { get; set; }

        public string? Sha256 { get; set; }

        public List<string> Labels { get; set; } = [];

        public List<float> Scores { get; set; } = [];

        public string? Error { get; set; }
    }
}
