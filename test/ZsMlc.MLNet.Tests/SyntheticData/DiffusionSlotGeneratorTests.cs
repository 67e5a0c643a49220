namespace ZsMlc.MLNet.SyntheticData;

/// <summary>Images that are judged at a preview, and finished in batches that are put together anew.</summary>
[TestClass]
public sealed class DiffusionSlotGeneratorTests
{
    private static TinyWorld s_world = null!;

    [ClassInitialize]
    public static void Create(TestContext context) => s_world = new();

    [ClassCleanup]
    public static void Clean() => s_world.Dispose();

    [TestMethod]
    public void Fit_TwoStages_DecidesAsInOneStageButForWhatIsGivenUp()
    {
        var options = Options("staged") with { KeepRejected = true };
        options = options with { AcceptanceFilter = options.AcceptanceFilter! with { MaxAttempts = 1 } };
        using var whole = Fit(options with { StorePath = s_world.Folder["one-stage"], AcceptanceFilter = options.AcceptanceFilter! with { PreviewStep = 0 } });

        using var staged = Fit(options);

        var pairs = whole.Samples().Zip(staged.Samples()).ToList();
        Assert.IsInRange(1, pairs.Count - 1, staged.Statistics.Abandoned);
        Assert.AreEqual(staged.Statistics.Abandoned, pairs.Count(p => p.Second.ImagePath is null));
        foreach (var (one, two) in pairs.Where(p => p.Second.ImagePath is not null))
        {
            Assert.AreEqual((one.Index, one.Seed, one.Prompt, one.IsAccepted), (two.Index, two.Seed, two.Prompt, two.IsAccepted));
            Assert.IsTrue(one.Scores.Zip(two.Scores).All(v => Math.Abs(v.First.Value - v.Second.Value) < 0.02f));
        }
    }

    [TestMethod]
    public void Fit_TwoStagesCancelled_ResumesToTheSameStore()
    {
        using var whole = Fit(Options("undisturbed"));
        for (var stop = 1; stop <= 3; stop++)
        {
            using var source = new CancellationTokenSource();
            var left = stop;
            var counting = new Told<GenerationProgress>(p =>
            {
                if (p is { Phase: GenerationPhase.Images, Generated: > 0 } && --left == 0)
                {
                    source.Cancel();
                }
            });

            Assert.Throws<OperationCanceledException>(() => Fit(Options("cancelled") with { Progress = counting, CancellationToken = source.Token }));
        }

        // What a killed process had no time to record.
        var records = Directory.EnumerateFiles(Path.Combine(s_world.Folder["cancelled"], "records"), "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        records.Where((_, i) => i % 3 == 0).ToList().ForEach(File.Delete);

        using var resumed = Fit(Options("cancelled"));

        TinyGenerator.AssertSame(whole.StorePath, resumed.StorePath);
    }

    [TestMethod]
    public void Fit_TwoStagesInShards_FillOneStoreLikeOneProcess()
    {
        using var whole = Fit(Options("one-process"));

        foreach (var index in new[] { 1, 0 })
        {
            Fit(Options("shards") with { Shard = new(index, 2) }).Dispose();
        }

        TinyGenerator.AssertSame(whole.StorePath, s_world.Folder["shards"]);
    }

    [TestMethod]
    public void Fit_TwoStagesOtherBatchSize_DecidesTheSame()
    {
        using var two = Fit(Options("batches-of-two"));
        var options = Options("batches-of-three");

        using var three = Fit(options with { Sampling = options.Sampling with { BatchSize = 3 } });

        CollectionAssert.AreEqual(two.Samples().Select(Decision).ToArray(), three.Samples().Select(Decision).ToArray());
        Assert.AreEqual(two.Statistics.Abandoned, three.Statistics.Abandoned);

        static string Decision(SyntheticSample sample) => $"{sample.Index}/{sample.Attempt} {string.Join('+', sample.Labels)} {sample.Seed} {sample.Prompt} {sample.IsAccepted}";
    }

    private static SyntheticUnseenDataTransformer Fit(SyntheticUnseenDataOptions options) => TinyGenerator.Fit(options);

    /// <summary>Four steps with a judge at the second, which turns some of the images down.</summary>
    private static SyntheticUnseenDataOptions Options(string store)
    {
        var options = TinyGenerator.Options(s_world, store);
        return options with
        {
            ImagesPerLabel = 14,
            Sampling = options.Sampling with { Steps = 4 },
            AcceptanceFilter = TinyGenerator.Filter(s_world) with { PreviewStep = 2, PreviewThreshold = 0.4f },
        };
    }
}
