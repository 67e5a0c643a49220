using Microsoft.ML;
using Microsoft.ML.Data;
using ZsMlc.MLNet.Images;
using ZsMlc.MLNet.SyntheticData.Plan;
using ZsMlc.MLNet.SyntheticData.Prompts;
using ZsMlc.MLNet.SyntheticData.Store;

namespace ZsMlc.MLNet.SyntheticData;

[TestClass]
public sealed class SlotRunnerTests
{
    private static readonly GenerationPlan s_plan = GenerationPlan.Create(StoreJob.Plan);

    private static TestFolder s_reference = null!;
    private static SortedDictionary<string, string> s_expected = null!;
    private static SlotRunResult s_result = null!;
    private static Painter s_painter = null!;

    [ClassInitialize]
    public static void Fill(TestContext context)
    {
        s_reference = new();
        s_painter = new Painter();
        s_result = StoreJob.Run(s_reference.Path, s_painter, Shard.Whole);
        s_expected = StoreFiles.Of(s_reference.Path);
    }

    [ClassCleanup]
    public static void Clean() => s_reference.Dispose();

    [TestMethod]
    public void Run_WholePlan_RecordsEveryAttempt()
    {
        using var store = StoreJob.Open(s_reference.Path);
        var samples = store.Samples(s_plan).ToList();

        Assert.IsTrue(s_result.IsComplete);
        Assert.AreEqual(s_painter.Painted.Count, s_result.Generated);
        CollectionAssert.AreEqual(
            s_painter.Painted.OrderBy(p => p.Slot).ThenBy(p => p.Attempt).Select(p => $"{p.Slot} {p.Attempt} {p.Seed} {p.Prompt}").ToArray(),
            samples.Select(s => $"{s.Index} {s.Attempt} {s.Seed} {s.Prompt}").ToArray());
        foreach (var slot in samples.GroupBy(s => s.Index))
        {
            // One accepted attempt, the last, or as many as are allowed.
            Assert.IsTrue(slot.Last().IsAccepted || slot.Count() == StoreJob.MaxAttempts);
            Assert.IsFalse(slot.SkipLast(1).Any(s => s.IsAccepted));
        }

        foreach (var sample in samples)
        {
            CollectionAssert.AreEqual(s_plan.SetOf(sample.Index).Labels.ToArray(), sample.Labels.ToArray());
            Assert.AreEqual(s_plan.SeedOf(sample.Index, sample.Attempt), sample.Seed);
            CollectionAssert.AreEqual(StoreJob.Labels.ToArray(), sample.Scores.Keys.ToArray());
            Assert.IsTrue(sample.ImagePath is null ? !sample.IsAccepted : File.Exists(sample.ImagePath));
            Assert.Contains(sample.IsAccepted ? "images" : "rejected", sample.ImagePath ?? "rejected");
        }

        Assert.IsTrue(samples.Any(s => s.PseudoLabels.Contains("animal")));
        Assert.IsTrue(samples.Any(s => s.Attempt == 2));
    }

    [TestMethod]
    public void Statistics_Records_AreCountedByLabel()
    {
        using var store = StoreJob.Open(s_reference.Path);
        var samples = store.Samples(s_plan).ToList();
        var statistics = s_result.Statistics;

        Assert.AreEqual((s_plan.Count, samples.Count), (statistics.Asked, statistics.Generated));
        Assert.AreEqual(samples.Count(s => s.IsAccepted), statistics.Accepted);
        Assert.AreEqual(samples.Count(s => s.ImagePath is null), statistics.Abandoned);
        Assert.AreEqual(0, statistics.PromptsFromTemplates);
        CollectionAssert.AreEqual(StoreJob.Labels.ToArray(), statistics.Labels.Select(l => l.Label).ToArray());
        foreach (var label in statistics.Labels)
        {
            var own = samples.Where(s => s.Labels.Contains(label.Label)).ToList();
            Assert.AreEqual(new LabelStatistics(label.Label, 40, own.Count, own.Count(s => s.IsAccepted), own.Count(s => s.ImagePath is null)), label);
        }

        CollectionAssert.AreEqual(statistics.Labels.Where(l => l.Accepted < 40).ToArray(), statistics.Short.ToArray());
        Assert.AreEqual(statistics.Accepted, store.Statistics(s_plan, 0).Accepted);
    }

    [TestMethod]
    public void Run_QuotaThatCannotBeMet_EndsAndReportsIt()
    {
        using var folder = new TestFolder();
        var plan = StoreJob.Plan with { ImagesPerLabel = 3 };

        var result = StoreJob.Run(folder.Path, new Refuser(), Shard.Whole, plan);

        Assert.IsTrue(result.IsComplete);
        Assert.AreEqual(result.Statistics.Asked * StoreJob.MaxAttempts, result.Generated);
        CollectionAssert.AreEqual(StoreJob.Labels.ToArray(), result.Statistics.Short.Select(l => l.Label).ToArray());
        Assert.AreEqual(0, result.Statistics.Accepted);
    }

    [TestMethod]
    public void Run_Manifest_IsReadByLoadFromCoco()
    {
        using var store = StoreJob.Open(s_reference.Path);
        var accepted = store.Samples(s_plan).Where(s => s.IsAccepted).ToList();

        var view = new MLContext().Data.LoadFromCoco(s_reference["annotations.json"], s_reference["images"]);

        CollectionAssert.AreEqual(accepted.Select(s => s.ImagePath).ToArray(), view.GetColumn<string>("ImagePath").ToArray());
        foreach (var (sample, labels) in accepted.Zip(view.GetColumn<string[]>("Labels")))
        {
            CollectionAssert.AreEquivalent(sample.Labels.Concat(sample.PseudoLabels).ToArray(), labels);
        }
    }

    [TestMethod]
    public void Run_FinishedStore_GeneratesNothingAndAsksForNoPrompt()
    {
        using var folder = Copy();
        var times = StoreFiles.Times(folder.Path);
        var painter = new Painter();
        using var store = StoreJob.Open(folder.Path);
        List<GenerationProgress> reports = [];
        var options = StoreJob.Options(Shard.Whole) with { Prompts = new(new NoSource(), 50, LabelNames.Default), Progress = new Collected<GenerationProgress>(reports) };

        var result = new SlotRunner(s_plan, store, options).Run(painter, CancellationToken.None);

        Assert.AreEqual((0, 0, true), (painter.Painted.Count, result.Generated, result.IsComplete));
        StoreFiles.AreEqual(s_expected, folder.Path);
        var written = StoreFiles.Times(folder.Path).Where(t => times[t.Key] != t.Value).Select(t => t.Key).ToList();
        CollectionAssert.IsSubsetOf(written, new[] { "annotations.json", "store.lock" });
        Assert.AreEqual(new GenerationProgress(GenerationPhase.Images, s_plan.Count, s_plan.Count, 0, 0), reports[^1]);
    }

    [TestMethod]
    [DataRow(Damage.Cut, "images/000/")]
    [DataRow(Damage.Altered, "images/000/")]
    [DataRow(Damage.Missing, "images/000/")]
    [DataRow(Damage.Cut, "rejected/000/")]
    [DataRow(Damage.Missing, "rejected/000/")]
    [DataRow(Damage.Cut, "records/000/")]
    [DataRow(Damage.Altered, "records/000/")]
    [DataRow(Damage.Missing, "records/000/")]
    [DataRow(Damage.Cut, "annotations.json")]
    [DataRow(Damage.Altered, "annotations.json")]
    [DataRow(Damage.Missing, "annotations.json")]
    public void Run_DamagedFile_IsMadeAgainAndNothingElse(Damage damage, string kind)
    {
        using var folder = Copy();
        var victims = s_expected.Keys.Where(f => f.StartsWith(kind, StringComparison.Ordinal)).Where((_, i) => i % 17 == 3 || kind == "annotations.json").ToList();
        Assert.IsNotEmpty(victims);
        foreach (var victim in victims)
        {
            Do(damage, folder[victim]);
        }

        var times = StoreFiles.Times(folder.Path);
        var painter = new Painter();

        var result = StoreJob.Run(folder.Path, painter, Shard.Whole);

        Assert.IsTrue(result.IsComplete);
        StoreFiles.AreEqual(s_expected, folder.Path);
        var slots = victims.Select(SlotOf).ToList();
        foreach (var (file, time) in StoreFiles.Times(folder.Path))
        {
            var mayChange = victims.Contains(file) || file is "annotations.json" or "store.lock"
                || (kind == "records/000/" && slots.Contains(SlotOf(file)));
            Assert.IsTrue(mayChange || time == times[file], $"{file} was written again.");
        }

        // No more than the groups of the damaged attempts.
        Assert.IsLessThanOrEqualTo(kind == "annotations.json" ? 0 : 4 * victims.Count * (kind == "records/000/" ? StoreJob.MaxAttempts : 1), painter.Painted.Count);
    }

    [TestMethod]
    public void Run_DamagedImageAndOtherPrompts_KeepsTheRecordedPrompt()
    {
        using var folder = Copy();
        File.Delete(folder["images/000/000003.png"]);
        foreach (var file in Directory.GetFiles(folder["prompts"]))
        {
            File.WriteAllText(file, "Something else.\n");
        }

        StoreJob.Run(folder.Path, new Painter(), Shard.Whole);

        Assert.AreEqual(s_expected["images/000/000003.png"], StoreFiles.Of(folder.Path)["images/000/000003.png"]);
    }

    [TestMethod]
    public void Run_ShardsInAnyOrder_GiveTheSameStore()
    {
        using var folder = new TestFolder();
        List<int> painted = [];
        foreach (var shard in new[] { 2, 0, 3, 1 })
        {
            var painter = new Painter();
            Assert.AreEqual(shard == 1, StoreJob.Run(folder.Path, painter, new Shard(shard, 4)).IsComplete);
            Assert.AreEqual(shard == 1, File.Exists(folder["annotations.json"]));
            painted.Add(painter.Painted.Count);
        }

        StoreFiles.AreEqual(s_expected, folder.Path);
        Assert.AreEqual(s_painter.Painted.Count, painted.Sum());
        Assert.IsTrue(painted.All(p => p > 0));
    }

    [TestMethod]
    public void Run_CancelledAfterSomeGroups_GoesOnWhereItStopped()
    {
        using var folder = new TestFolder();
        using var cancellation = new CancellationTokenSource();
        List<GenerationProgress> reports = [];
        using (var store = StoreJob.Open(folder.Path))
        {
            var options = StoreJob.Options(Shard.Whole) with { Progress = new Collected<GenerationProgress>(reports, r => Stop(r)) };
            Assert.ThrowsExactly<OperationCanceledException>(() => new SlotRunner(s_plan, store, options).Run(new Painter(), cancellation.Token));
        }

        var first = reports[^1].Generated;
        var painter = new Painter();
        StoreJob.Run(folder.Path, painter, Shard.Whole);

        Assert.IsGreaterThan(11, first);
        Assert.AreEqual(s_painter.Painted.Count - first, painter.Painted.Count);
        StoreFiles.AreEqual(s_expected, folder.Path);

        void Stop(GenerationProgress report)
        {
            if (report is { Phase: GenerationPhase.Images, Generated: > 11 })
            {
                cancellation.Cancel();
            }
        }
    }

    [TestMethod]
    public void Run_ImagesThatDoNotDependOnTheirCompany_AreAskedForOnceEachWhateverStops()
    {
        using var whole = new TestFolder();
        using var stopped = new TestFolder();
        var painter = new Painter { IsAlone = true };
        StoreJob.Run(whole.Path, painter, Shard.Whole);
        var wanted = painter.Painted.Count;
        var asked = 0;

        foreach (var count in new[] { 5, 23, 1 })
        {
            // Stops while the next image is painted: those before it are recorded.
            var left = count;
            var some = new Painter { IsAlone = true, Started = _ => Assert.IsGreaterThanOrEqualTo(0, --left) };
            Assert.ThrowsExactly<AssertFailedException>(() => StoreJob.Run(stopped.Path, some, Shard.Whole));
            Assert.HasCount(count, some.Painted);
            asked += count;
        }

        var rest = new Painter { IsAlone = true };
        StoreJob.Run(stopped.Path, rest, Shard.Whole);
        Assert.AreEqual(wanted, asked + rest.Painted.Count);
        StoreFiles.AreEqual(StoreFiles.Of(whole.Path), stopped.Path);

        File.Delete(stopped["images/000/000003.png"]);
        var one = new Painter { IsAlone = true };
        StoreJob.Run(stopped.Path, one, Shard.Whole);
        Assert.HasCount(1, one.Painted, "The others of its group are not painted again.");
        StoreFiles.AreEqual(StoreFiles.Of(whole.Path), stopped.Path);
    }

    [TestMethod]
    public void Run_WithoutFilter_MakesOneAttemptAndKeepsNoScores()
    {
        using var folder = new TestFolder();
        var plan = GenerationPlan.Create(StoreJob.Plan with { ImagesPerLabel = 2 });
        using var store = SyntheticStore.Open(folder.Path, new StoreIdentity().Add("Plain", true), []);
        var options = StoreJob.Options(Shard.Whole) with { MaxAttempts = 1, KeepRejected = false, Format = ImageFileFormat.Jpeg };

        var result = new SlotRunner(plan, store, options).Run(new Plain(), CancellationToken.None);

        Assert.AreEqual((plan.Count, plan.Count), (result.Statistics.Accepted, result.Generated));
        Assert.IsTrue(store.Samples(plan).All(s => s.Scores.Count == 0 && s.ImagePath!.EndsWith(".jpg", StringComparison.Ordinal)));
        Assert.IsFalse(Directory.Exists(folder["rejected"]));
    }

    [TestMethod]
    public void Run_GeneratorWithTooFewImages_SaysSo()
    {
        using var folder = new TestFolder();

        var e = Assert.ThrowsExactly<InvalidOperationException>(() => StoreJob.Run(folder.Path, new Plain { Lost = 1 }, Shard.Whole));

        StringAssert.Contains(e.Message, "4 images were asked for and 3 came");
    }

    public enum Damage
    {
        Cut,
        Altered,
        Missing,
    }

    private static string SlotOf(string file) => Path.GetFileNameWithoutExtension(file).Split('-')[0];

    private static void Do(Damage damage, string file)
    {
        var bytes = File.ReadAllBytes(file);
        switch (damage)
        {
            case Damage.Cut:
                File.WriteAllBytes(file, bytes[..(bytes.Length / 2)]);
                break;
            case Damage.Altered:
                bytes[bytes.Length / 2] ^= 4;
                File.WriteAllBytes(file, bytes);
                break;
            default:
                File.Delete(file);
                break;
        }
    }

    private static TestFolder Copy()
    {
        var copy = new TestFolder();
        foreach (var file in s_expected.Keys)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(copy[file])!);
            File.Copy(s_reference[file], copy[file]);
        }

        return copy;
    }

    private sealed class Refuser : ISlotGenerator
    {
        public bool DependsOnGroup => true;

        public IEnumerable<IReadOnlyList<(int Index, SlotOutcome Outcome)>> Generate(IReadOnlyList<SlotAttempt> group, CancellationToken cancellationToken) =>
            [[.. group.Select((_, i) => (i, new SlotOutcome(new RgbPixels(1, 1, new byte[3]), false, [0, 0, 0, 0], [])))]];
    }

    private sealed class Plain : ISlotGenerator
    {
        public int Lost { get; init; }

        public bool DependsOnGroup => true;

        public IEnumerable<IReadOnlyList<(int Index, SlotOutcome Outcome)>> Generate(IReadOnlyList<SlotAttempt> group, CancellationToken cancellationToken) =>
            [[.. group.Skip(Lost).Select((_, i) => (i, new SlotOutcome(new RgbPixels(8, 8, new byte[192]), true, [], [])))]];
    }

    private sealed class NoSource : PromptSource
    {
        public override string Identity => "none/1";

        public override Task<PromptBatch> GetAsync(PromptRequest request, CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException("No prompt should be asked for.");
    }

    private sealed class Collected<T>(List<T> reports, Action<T>? then = null) : IProgress<T>
    {
        public void Report(T value)
        {
            reports.Add(value);
            then?.Invoke(value);
        }
    }
}
