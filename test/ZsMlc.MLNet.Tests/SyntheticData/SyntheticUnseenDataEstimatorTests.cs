using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using TorchSharp;
using ZsMlc.MLNet.Interop;
using ZsMlc.MLNet.SyntheticData.Prompts;
using ZsMlc.MLNet.SyntheticData.Store;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Filtering;
using static TorchSharp.torch;

namespace ZsMlc.MLNet.SyntheticData;

[TestClass]
public sealed class SyntheticUnseenDataEstimatorTests
{
    private static TinyWorld s_world = null!;

    [ClassInitialize]
    public static void Create(TestContext context) => s_world = new();

    [ClassCleanup]
    public static void Clean() => s_world.Dispose();

    [TestMethod]
    public void Fit_UnfitColumns_NamesColumnAndOption()
    {
        var names = IndexedColumn.Texts("Labels", _ => ["red"]);
        foreach (var (input, expected) in new (IDataView, string)[]
        {
            (new IndexedDataView(1, [names]), "'Image' (ImageColumn)"),
            (TinyWorld.Rows(1), "'Labels' (LabelColumn)"),
            (TinyWorld.Rows(1, IndexedColumn.Text("Labels", _ => "red")), "'Labels' (LabelColumn)"),
            (TinyWorld.Rows(1, new IndexedColumn("Labels", new VectorDataViewType(NumberDataViewType.Single, 2), _ => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> v) => v = new(2, [1, 0])))), "slot names"),
            (TinyWorld.Rows(1, names, IndexedColumn.Text("IsSynthetic", _ => "no")), "'IsSynthetic' (SyntheticColumn)"),
            (TinyWorld.Rows(1, names, IndexedColumn.Boolean("Prompt", _ => true)), "'Prompt' (PromptColumn)"),
        })
        {
            var error = Assert.ThrowsExactly<ArgumentException>(() => new MLContext().Transforms.SyntheticUnseenData(Options("columns")).Fit(input));

            Assert.Contains(expected, error.Message);
        }

        Assert.IsFalse(Directory.Exists(s_world.Folder["columns"]));
    }

    [TestMethod]
    public void Fit_NoFilter_MakesEveryImageOfThePlan()
    {
        List<GenerationProgress> told = [];
        using var fitted = Fit(Options("plain") with { Progress = new Told<GenerationProgress>(told.Add) });

        var (statistics, samples) = (fitted.Statistics, fitted.Samples());
        Assert.AreEqual((samples.Count, samples.Count, samples.Count, 0), (statistics.Asked, statistics.Generated, statistics.Accepted, statistics.Abandoned));
        Assert.IsEmpty(statistics.Short);
        foreach (var label in TinyGenerator.Labels.Unseen)
        {
            Assert.IsGreaterThanOrEqualTo(3, samples.Count(s => s.Labels.Contains(label)));
        }

        Assert.IsTrue(samples.All(s => s is { IsAccepted: true, Attempt: 0, Scores.Count: 0 } && s.Labels.All(l => s.Prompt.Contains(l, StringComparison.Ordinal))));
        Assert.HasCount(samples.Count, fitted.Generate().GetColumn<string>("Prompt").Distinct().ToList());
        using var image = MLImage.CreateFromFile(samples[0].ImagePath!);
        Assert.AreEqual((16, 16), (image.Width, image.Height));
        Assert.AreEqual(new GenerationProgress(GenerationPhase.Images, samples.Count, samples.Count, samples.Count, samples.Count), told[^1]);
        Assert.AreEqual(GenerationPhase.Prompts, told[0].Phase);
        Assert.IsNull(fitted.Tuning);
    }

    [TestMethod]
    public void Fit_Sdxl_MakesJudgesAndResumesAsAnyFamily()
    {
        var options = Options("xl") with { Diffusion = s_world.DiffusionXL, AcceptanceFilter = TinyGenerator.Filter(s_world) };
        options = options with { Sampling = options.Sampling with { GuidanceScale = 3 } };
        using var fitted = Fit(options);
        var samples = fitted.Samples();
        Assert.IsGreaterThan(0, fitted.Statistics.Accepted);
        using var image = MLImage.CreateFromFile(samples.First(s => s.IsAccepted).ImagePath!);
        Assert.AreEqual((16, 16), (image.Width, image.Height));
        List<GenerationProgress> told = [];

        using var again = Fit(options with { Progress = new Told<GenerationProgress>(told.Add) });

        Assert.AreEqual(0, told[^1].Generated);
        CollectionAssert.AreEqual(samples.Select(s => s.ImagePath).ToArray(), again.Samples().Select(s => s.ImagePath).ToArray());
        Assert.Contains("Diffusion", Assert.ThrowsExactly<StoreMismatchException>(() => Fit(options with { Diffusion = s_world.Diffusion })).Message, "A store belongs to its model.");
    }

    [TestMethod]
    public void Fit_Again_MakesNothingAndGivesTheSameImages()
    {
        using var first = Fit(Options("again"));
        List<GenerationProgress> told = [];

        using var second = Fit(Options("again") with { Progress = new Told<GenerationProgress>(told.Add) });

        Assert.AreEqual(0, told[^1].Generated);
        Assert.AreEqual(first.Statistics.Accepted, second.Statistics.Accepted);
        CollectionAssert.AreEqual(first.Samples().Select(s => s.ImagePath).ToArray(), second.Samples().Select(s => s.ImagePath).ToArray());
    }

    [TestMethod]
    public void Fit_OtherBatchSize_GivesTheSamePlanAndNearlyTheSamePixels()
    {
        using var two = Fit(Options("two") with { AcceptanceFilter = TinyGenerator.Filter(s_world) });
        var options = Options("three");

        using var three = Fit(options with { AcceptanceFilter = TinyGenerator.Filter(s_world), Sampling = options.Sampling with { BatchSize = 3 } });

        var (one, other) = (two.Samples(), three.Samples());
        CollectionAssert.AreEqual(one.Select(Wish).ToArray(), other.Select(Wish).ToArray());
        var largest = one.Zip(other).Where(p => p.First.IsAccepted).Max(p => Difference(p.First.ImagePath!, p.Second.ImagePath!));
        Assert.IsLessThanOrEqualTo(1, largest);

        static string Wish(SyntheticSample sample) => $"{sample.Index}/{sample.Attempt} {string.Join('+', sample.Labels)} {sample.Seed} {sample.Prompt} {sample.IsAccepted}";
    }

    [TestMethod]
    public void Fit_AcceptanceFilter_KeepsWhatTheJudgeRecognises()
    {
        using var fitted = Fit(Options("judged") with { AcceptanceFilter = TinyGenerator.Filter(s_world), KeepRejected = true });

        var samples = fitted.Samples();
        Assert.IsTrue(samples.Any(s => s.IsAccepted) && samples.Any(s => !s.IsAccepted));
        Assert.HasCount(fitted.Statistics.Generated, samples);
        Assert.StartsWith($"{fitted.Statistics.Accepted} of {fitted.Statistics.Asked} images accepted", fitted.Statistics.ToString());
        Assert.StartsWith($"0.0 {(samples[0].IsAccepted ? "accepted" : "rejected")}: {samples[0].Labels[0]} 0.", samples[0].ToString());
        Assert.EndsWith($"| \"{samples[0].Prompt}\" | {samples[0].ImagePath}", samples[0].ToString());
        using var scope = NewDisposeScope();
        using var clip = ClipModel.FromPretrained(s_world.Clip);
        using var judge = new ClipDiscriminator(clip, TinyGenerator.Labels.Unseen);
        foreach (var sample in samples)
        {
            using var image = MLImage.CreateFromFile(sample.ImagePath!);
            int[] targets = [.. sample.Labels.Select(l => TinyGenerator.Labels.Unseen.ToList().IndexOf(l))];
            var v = judge.Judge(ImagePixels.ToTensor(image).unsqueeze(0), judge.Targets([targets])).data<float>().ToArray();
            Assert.AreEqual(KeepRule.Default.Keep(v, targets), sample.IsAccepted);
            CollectionAssert.AreEqual(TinyGenerator.Labels.Unseen.ToArray(), sample.Scores.Keys.ToArray());
            foreach (var (expected, found) in v.Zip(sample.Scores.Values))
            {
                Assert.AreEqual(expected, found, 1e-4f);
            }
        }

        Assert.IsTrue(samples.GroupBy(s => s.Index).All(g => g.Count(s => s.IsAccepted) <= 1 && g.Count() <= 4));
    }

    [TestMethod]
    public void Fit_QuotaThatCannotBeMet_EndsWithAReport()
    {
        var ml = new MLContext();
        List<string> messages = [];
        ml.Log += (_, e) => messages.Add(e.Message);

        using var fitted = Fit(Options("never") with { AcceptanceFilter = TinyGenerator.Filter(s_world) with { Threshold = 1, MaxAttempts = 2 } }, ml);

        var statistics = fitted.Statistics;
        Assert.AreEqual((0, 2 * statistics.Asked), (statistics.Accepted, statistics.Generated));
        CollectionAssert.AreEqual(TinyGenerator.Labels.Unseen.ToArray(), statistics.Short.Select(l => l.Label).ToArray());
        Assert.IsTrue(messages.Any(m => m.Contains("yellow (0 of 3), white (0 of 3), purple (0 of 3)", StringComparison.Ordinal)), string.Join('\n', messages));
        Assert.AreEqual(0L, fitted.Generate().GetRowCount());
    }

    [TestMethod]
    public void Fit_PromptsTooLongForTheEncoder_AreToldOnceEach()
    {
        var ml = new MLContext();
        List<string> warnings = [], own = [];
        ml.Log += (_, e) => warnings.AddRange(e.Kind == ChannelMessageKind.Warning ? [e.RawMessage] : []);
        using var prompts = new TestFolder();
        foreach (var label in TinyGenerator.Labels.Unseen)
        {
            prompts.Write($"{label}_{label}.txt", $"a {label} wall behind a small house and a tree in the rain at night");
        }

        var options = Options("long") with { Prompts = PromptSource.Files(prompts.Path), PromptsPerSet = 1, LabelsPerImage = 1 };

        using var fitted = Fit(options, ml);
        using var silent = Fit(options with { StorePath = s_world.Folder["long-own"], Sampling = options.Sampling with { Warning = own.Add } }, new());

        Assert.HasCount(9, fitted.Samples());
        foreach (var label in TinyGenerator.Labels.Unseen)
        {
            Assert.HasCount(1, warnings.Where(w => w.Contains($"of 15 tokens is cut to 14: \"a {label} wall behind a small house", StringComparison.Ordinal)).ToList(), string.Join('\n', warnings));
        }

        CollectionAssert.AreEqual(warnings, own);
    }

    [TestMethod]
    public void Fit_PreviewOfHopelessImages_GivesThemUp()
    {
        var options = Options("hopeless");

        using var fitted = Fit(options with { AcceptanceFilter = TinyGenerator.Filter(s_world) with { PreviewStep = 1, PreviewThreshold = 1, MaxAttempts = 2 }, KeepRejected = true });

        var statistics = fitted.Statistics;
        Assert.AreEqual((0, 2 * statistics.Asked, 2 * statistics.Asked), (statistics.Accepted, statistics.Generated, statistics.Abandoned));
        Assert.IsTrue(fitted.Samples().All(s => s.ImagePath is null));
    }

    [TestMethod]
    public void Fit_PreviewThatLetsAllPass_ChangesNoImage()
    {
        var filter = TinyGenerator.Filter(s_world);
        using var without = Fit(Options("without-preview") with { AcceptanceFilter = filter });

        using var with = Fit(Options("with-preview") with { AcceptanceFilter = filter with { PreviewStep = 1, PreviewThreshold = 0 } });

        Assert.AreEqual(0, with.Statistics.Abandoned);
        TinyGenerator.AssertSame(without.StorePath, with.StorePath, "*.png");
    }

    [TestMethod]
    public void Fit_PseudoLabelsAndHierarchy_AddLabelsThatDoNotCount()
    {
        var options = Options("parents") with
        {
            // One parent is a label of the set, the other is not.
            Hierarchy = new([.. TinyGenerator.Labels.Unseen.Select(l => new KeyValuePair<string, IReadOnlyList<string>>(l, ["red", "colour"]))]),
            AcceptanceFilter = TinyGenerator.Filter(s_world) with { Threshold = 0, PseudoLabelThreshold = 0.05f },
        };

        using var fitted = Fit(options);

        var accepted = fitted.Samples().Where(s => s.IsAccepted).ToList();
        Assert.IsNotEmpty(accepted);
        foreach (var sample in accepted)
        {
            var seen = TinyGenerator.Labels.Unseen.Where(l => !sample.Labels.Contains(l) && sample.Scores[l] > 0.05f);
            CollectionAssert.AreEqual(seen.Concat(["red", "colour"]).ToArray(), sample.PseudoLabels.ToArray());
        }

        var rows = fitted.Generate().GetColumn<string[]>("Labels").ToList();
        CollectionAssert.AreEqual(accepted.Select(s => string.Join(',', s.Labels.Concat(s.PseudoLabels.Except(["colour"])))).ToArray(), rows.Select(r => string.Join(',', r)).ToArray());
    }

    [TestMethod]
    public void Fit_CancelledAfterSomeImages_ResumesToTheSameStore()
    {
        var filter = TinyGenerator.Filter(s_world);
        using var whole = Fit(Options("undisturbed") with { ImagesPerLabel = 6, AcceptanceFilter = filter });
        for (var stop = 1; stop <= 3; stop++)
        {
            using var source = new CancellationTokenSource();
            var options = Options("cancelled") with { ImagesPerLabel = 6, AcceptanceFilter = filter };
            var left = stop;
            var counting = new Told<GenerationProgress>(p =>
            {
                if (p is { Phase: GenerationPhase.Images, Generated: > 0 } && --left == 0)
                {
                    source.Cancel();
                }
            });

            Assert.Throws<OperationCanceledException>(() => Fit(options with { Progress = counting, CancellationToken = source.Token }));
        }

        using var resumed = Fit(Options("cancelled") with { ImagesPerLabel = 6, AcceptanceFilter = filter });

        TinyGenerator.AssertSame(whole.StorePath, resumed.StorePath);
    }

    [TestMethod]
    public void Fit_CancelledToken_LeavesNoStore()
    {
        Assert.Throws<OperationCanceledException>(() => Fit(Options("at-once") with { CancellationToken = new(canceled: true) }));

        Assert.IsFalse(Directory.Exists(s_world.Folder["at-once"]));
    }

    [TestMethod]
    public void Fit_ShardsFromTheEnvironment_FillOneStoreLikeOneProcess()
    {
        var options = Options("whole") with { ImagesPerLabel = 20, AcceptanceFilter = TinyGenerator.Filter(s_world) };
        using var whole = Fit(options);
        var shards = options with { StorePath = s_world.Folder["shards"] };
        using var environment = new EnvironmentVariables(("ZSMLC_SHARD_COUNT", "3"));
        SyntheticDataStatistics last = new();

        foreach (var index in new[] { 2, 0, 1 })
        {
            environment.Set("JOB_COMPLETION_INDEX", $"{index}");
            using var shard = Fit(shards with { Shard = Shard.FromEnvironment() });
            Assert.AreEqual(index == 1, File.Exists(Path.Combine(shards.StorePath, "annotations.json")));
            last = shard.Statistics;
        }

        Assert.AreEqual(whole.Statistics.Accepted, last.Accepted);
        TinyGenerator.AssertSame(options.StorePath, shards.StorePath);
    }

    [TestMethod]
    public void Fit_StoreOfOtherOptions_IsRefusedByName()
    {
        Fit(Options("mine")).Dispose();

        foreach (var (name, options) in new[]
        {
            ("Seed", Options("mine") with { Seed = 12 }),
            ("ImagesPerLabel", Options("mine") with { ImagesPerLabel = 4 }),
            ("NegativePrompt", Options("mine") with { NegativePrompt = "rain" }),
            ("Sampling", Options("mine") with { Sampling = new() { Steps = 3, GuidanceScale = 1, BatchSize = 2 } }),
            ("Format", Options("mine") with { Format = ImageFileFormat.Jpeg }),
            ("Precision", Options("mine") with { Precision = ScalarType.BFloat16 }),
            ("AcceptanceFilter", Options("mine") with { AcceptanceFilter = TinyGenerator.Filter(s_world) }),
        })
        {
            Assert.Contains(name, Assert.ThrowsExactly<StoreMismatchException>(() => Fit(options)).Message);
        }

        // What changes no image changes no identity.
        using var same = Fit(Options("mine") with { Labels = LabelSet.Create(["another"], TinyGenerator.Labels.Unseen), KeepRejected = true, ConfusablePairs = [], Shard = new(0, 2) });
    }

    [TestMethod]
    public void Fit_ChangedModel_IsRefused()
    {
        var options = Options("changed");
        Fit(options).Dispose();
        var copy = Directory.CreateDirectory(s_world.Folder["copy"]).FullName;
        foreach (var (name, bytes) in TinyGenerator.Files(s_world.Diffusion))
        {
            var target = Path.Combine(copy, name);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.WriteAllBytes(target, Convert.FromHexString(bytes));
        }

        using var moved = Fit(options with { Diffusion = copy });
        using var source = Fit(options with { Diffusion = null, Images = ImageSource.Diffusion(copy) });
        var unet = Directory.GetFiles(Path.Combine(copy, "unet"), "*.safetensors").Single();
        var weights = File.ReadAllBytes(unet);
        weights[^3] ^= 1;
        File.WriteAllBytes(unet, weights);

        Assert.Contains("Diffusion", Assert.ThrowsExactly<StoreMismatchException>(() => Fit(options with { Diffusion = copy })).Message);
    }

    [TestMethod]
    public void Fit_MissingModel_NamesItsPath()
    {
        Assert.Contains("no-model", Assert.ThrowsExactly<FileNotFoundException>(() => Fit(Options("missing") with { Diffusion = "no-model" })).Message);
        Assert.Contains("no-clip", Assert.ThrowsExactly<FileNotFoundException>(() => Fit(Options("missing") with { AcceptanceFilter = new() { Clip = "no-clip" } })).Message);
    }

    [TestMethod]
    public void Fit_GpuThatDoesNotExist_SaysSo()
    {
        var ml = new MLContext { GpuDeviceId = 99, FallbackToCpu = false };

        Assert.Contains("GPU 99", Assert.ThrowsExactly<InvalidOperationException>(() => Fit(Options("gpu"), ml)).Message);
    }

    [TestMethod]
    public void Fit_NoSeed_TakesTheContexts()
    {
        using var context = Fit(Options("context-seed") with { Seed = null }, new MLContext(5));
        using var own = Fit(Options("own-seed") with { Seed = 5 }, new MLContext(6));

        TinyGenerator.AssertSame(own.StorePath, context.StorePath);
    }

    [TestMethod]
    public void Fit_HalfPrecisionJpeg_MakesImages()
    {
        using var fitted = Fit(Options("half") with { Precision = ScalarType.BFloat16, Format = ImageFileFormat.Jpeg });

        Assert.IsTrue(fitted.Samples().All(s => s.ImagePath!.EndsWith(".jpg", StringComparison.Ordinal) && File.ReadAllBytes(s.ImagePath).AsSpan().StartsWith<byte>([0xFF, 0xD8])));
    }

    [TestMethod]
    public void Fit_SeveralTimes_LeavesNoTensors()
    {
        Fit(Options("warm") with { AcceptanceFilter = TinyGenerator.Filter(s_world) }).Dispose();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        Fit(Options("leak") with { AcceptanceFilter = TinyGenerator.Filter(s_world) with { PreviewStep = 1 } }).Dispose();

        // Previews are made on the pipeline's thread and disposed on this one.
        Assert.IsLessThanOrEqualTo(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static SyntheticUnseenDataOptions Options(string store) => TinyGenerator.Options(s_world, store);

    private static SyntheticUnseenDataTransformer Fit(SyntheticUnseenDataOptions options, MLContext? ml = null) => TinyGenerator.Fit(options, ml);

    private static int Difference(string one, string two)
    {
        using var scope = NewDisposeScope();
        using var first = MLImage.CreateFromFile(one);
        using var second = MLImage.CreateFromFile(two);
        return (ImagePixels.ToTensor(first).to(ScalarType.Int32) - ImagePixels.ToTensor(second).to(ScalarType.Int32)).abs().max().item<int>();
    }

    private sealed class EnvironmentVariables : IDisposable
    {
        private readonly Dictionary<string, string?> _before = [];

        public EnvironmentVariables(params (string Name, string Value)[] values)
        {
            foreach (var (name, value) in values)
            {
                Set(name, value);
            }
        }

        public void Set(string name, string value)
        {
            _before.TryAdd(name, Environment.GetEnvironmentVariable(name));
            Environment.SetEnvironmentVariable(name, value);
        }

        public void Dispose()
        {
            foreach (var (name, value) in _before)
            {
                Environment.SetEnvironmentVariable(name, value);
            }
        }
    }
}
