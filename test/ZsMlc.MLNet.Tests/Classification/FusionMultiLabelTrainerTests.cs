using System.Runtime.Intrinsics.X86;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;
using TorchSharp;
using ZsMlc.MLNet.Interop;
using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Clip;

namespace ZsMlc.MLNet.Classification;

[TestClass]
public sealed class FusionMultiLabelTrainerTests
{
    private static TinyWorld s_world = null!;

    private readonly MLContext _ml = new(7);

    [ClassInitialize]
    public static void Create(TestContext context) => s_world = new();

    [ClassCleanup]
    public static void Clean() => s_world.Dispose();

    [TestMethod]
    public void Fit_ColouredHalves_LearnsTheSeenLabels()
    {
        var photos = s_world.Photos(_ml, 12);
        var options = s_world.Options with
        {
            Epochs = 80,
            BatchSize = 4,
            Training = new() { LearningRate = 0.001, FusionLearningRate = 0.03, WarmupEpochs = 0, Cutout = false, RandAugment = false },
        };

        using var model = TinyWorld.Fit(_ml, options, photos);

        var losses = model.Training!.EpochLosses;
        var metrics = _ml.MultiLabelClassification.Evaluate(model.Transform(photos), TinyWorld.Labels.Seen);
        Assert.IsTrue(losses[^1] < 0.5 * losses[0] && metrics.MeanAveragePrecision > 0.85, $"loss {losses[0]} to {losses[^1]}, {metrics}");
    }

    [TestMethod]
    public void Fit_SmallSet_IsLearntByHeart()
    {
        var (names, data) = Stripes(24, 4);
        var options = s_world.Options with
        {
            Labels = LabelSet.Create(names),
            Network = new() { ContextTokens = 4, LabelSpecificContext = true },
            Epochs = 60,
            Training = new() { LearningRate = 1e-3, FusionLearningRate = 0.03, WarmupEpochs = 0, Cutout = false, RandAugment = false },
        };

        using var model = TinyWorld.Fit(_ml, options, data);

        var metrics = _ml.MultiLabelClassification.Evaluate(model.Transform(data), names);
        Assert.IsGreaterThan(0.99, metrics.MeanAveragePrecision, $"loss {model.Training!.EpochLosses[0]} to {model.Training.EpochLosses[^1]}, {metrics}");
    }

    [TestMethod]
    public void Fit_SameSeed_SameModelAndOtherSeedAnother()
    {
        var photos = s_world.Photos(_ml, 6);
        float[][] Scores(MLContext ml, int? seed)
        {
            using var model = TinyWorld.Fit(ml, s_world.Options with { Seed = seed }, photos);
            return TinyWorld.Scores(model.Transform(photos));
        }

        var one = Scores(_ml, null);

        CollectionAssert.AreEqual(one.SelectMany(s => s).ToArray(), Scores(new MLContext(7), null).SelectMany(s => s).ToArray());
        CollectionAssert.AreEqual(one.SelectMany(s => s).ToArray(), Scores(new MLContext(1), 7).SelectMany(s => s).ToArray());
        CollectionAssert.AreNotEqual(one.SelectMany(s => s).ToArray(), Scores(new MLContext(8), null).SelectMany(s => s).ToArray());
    }

    [TestMethod]
    public void Fit_BFloat16_ScoresAboutAsInSinglePrecisionAndIsKeptInTheFile()
    {
        var photos = s_world.Photos(_ml, 6);
        using var single = TinyWorld.Fit(_ml, s_world.Options, photos);
        using var half = TinyWorld.Fit(_ml, s_world.Options with { Precision = torch.ScalarType.BFloat16 }, photos);

        var (expected, scores) = (TinyWorld.Scores(single.Transform(photos)), TinyWorld.Scores(half.Transform(photos)));
        Assert.AreEqual(single.Training!.EpochLosses[0], half.Training!.EpochLosses[0], 0.02 * single.Training.EpochLosses[0]);
        Assert.IsLessThan(0.05f, expected.Zip(scores, (e, s) => e.Zip(s, (a, b) => Math.Abs(a - b)).Max()).Max());
        if (X86Base.IsSupported && (X86Base.CpuId(7, 0).Edx & (1 << 22)) != 0)
        {
            // With AMX; other processors may compute in single precision in its place.
            CollectionAssert.AreNotEqual(expected.SelectMany(s => s).ToArray(), scores.SelectMany(s => s).ToArray());
        }

        var zip = s_world.Folder["half.zip"];
        _ml.Model.Save(half, photos.Schema, zip);
        using var loaded = _ml.MultiLabelClassification.Load(zip);
        CollectionAssert.AreEqual(scores.SelectMany(s => s).ToArray(), TinyWorld.Scores(loaded.Transform(photos)).SelectMany(s => s).ToArray());
    }

    [TestMethod]
    public void Options_PrecisionThatTrainingCannotUse_IsRefused() =>
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => _ml.MultiLabelClassification.Trainers.FusionMultiLabel(s_world.Options with { Precision = torch.ScalarType.Float16 })).Message, "BFloat16");

    [TestMethod]
    public void Fit_ProgressAndLog_TellEveryEpochAndTheLabelsWithoutPositives()
    {
        List<TrainingProgress> reports = [];
        List<(ChannelMessageKind Kind, string Text)> messages = [];
        List<string> sources = [];
        _ml.Log += (_, e) => messages.Add((e.Kind, e.RawMessage));
        _ml.Log += (_, e) => sources.AddRange(e.Kind is ChannelMessageKind.Trace ? [] : [e.Source]);
        var labels = LabelSet.Create(["red", "green", "blue", "white"]);

        using var model = TinyWorld.Fit(_ml, s_world.Options with { Labels = labels, Epochs = 2, BatchSize = 3, Progress = new Direct(reports.Add), ValidationFraction = 0.25 }, s_world.Photos(_ml, 8));

        CollectionAssert.AreEqual(new[] { (1, 1), (1, 2), (2, 1), (2, 2) }, reports.Select(r => (r.Epoch, r.Step)).ToArray());
        Assert.IsNotNull(reports[^1].ValidationScore);
        Assert.HasCount(2, model.Training!.ValidationScores);
        Assert.IsTrue(messages.Any(m => m.Text.Contains("Epoch 2 of 2")));
        Assert.IsTrue(messages.Any(m => m.Text.Contains("6 training rows, 2 validation rows")));
        Assert.IsTrue(messages.Any(m => m.Kind == ChannelMessageKind.Warning && m.Text.Contains("white")));
        CollectionAssert.AreEqual(new[] { "FusionMultiLabelTrainer" }, sources.Distinct().ToArray());
        Assert.StartsWith("2 epochs, loss ", model.Training.ToString());
        Assert.Contains("validation mAP", model.Training.ToString());
    }

    [TestMethod]
    public void Fit_Cancelled_ThrowsOrReturnsTheBestSoFar()
    {
        using var cancellation = new CancellationTokenSource();
        var photos = s_world.Photos(_ml, 6);
        var options = s_world.Options with
        {
            CancellationToken = cancellation.Token,
            Progress = new Direct(p =>
            {
                if (p.Epoch == 2)
                {
                    cancellation.Cancel();
                }
            }),
            Epochs = 500,
            BatchSize = 3,
            Training = new() { ReturnBestOnCancel = true },
        };

        using var model = TinyWorld.Fit(_ml, options, photos);

        Assert.IsTrue(model.Training!.WasCancelled);
        Assert.ThrowsExactly<OperationCanceledException>(() => TinyWorld.Fit(_ml, options with { Training = new() }, photos));
    }

    [TestMethod]
    public void Fit_ContextCancelsItsWork_StopsAndStartsNoMore()
    {
        // What AutoML's time limits and Microsoft.ML.Experimental's StopExecution call.
        var cancel = typeof(MLContext).GetMethod("CancelExecution", System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Public)!;
        var photos = s_world.Photos(_ml, 6);
        var steps = 0;
        var options = s_world.Options with
        {
            Epochs = 100_000,
            Progress = new Direct(_ =>
            {
                if (++steps == 1)
                {
                    cancel.Invoke(_ml, null);
                }
            }),
        };

        Assert.ThrowsExactly<OperationCanceledException>(() => TinyWorld.Fit(_ml, options, photos));
        Assert.ThrowsExactly<OperationCanceledException>(() => TinyWorld.Fit(_ml, s_world.Options, photos));
        Assert.IsLessThan(100_000, steps);
    }

    [TestMethod]
    public void Fit_InterruptedAndStartedAgain_GivesTheUninterruptedModel()
    {
        using var cancellation = new CancellationTokenSource();
        var photos = s_world.Photos(_ml, 6);
        var options = s_world.Options with { Epochs = 4, BatchSize = 3, Training = new() { WarmupEpochs = 0, CheckpointPath = s_world.Folder["run.safetensors"] } };
        using var whole = TinyWorld.Fit(new(), options with { Training = options.Training with { CheckpointPath = null }, Seed = 0 }, photos);

        Assert.ThrowsExactly<OperationCanceledException>(() => TinyWorld.Fit(new(), options with
        {
            CancellationToken = cancellation.Token,
            Progress = new Direct(p =>
            {
                if (p.Epoch == 3)
                {
                    cancellation.Cancel();
                }
            }),
        }, photos));
        List<int> epochs = [];
        using var resumed = TinyWorld.Fit(new(), options with { Progress = new Direct(p => epochs.Add(p.Epoch)) }, photos);

        Assert.AreEqual(3, epochs[0]);
        CollectionAssert.AreEqual(TinyWorld.Scores(whole.Transform(photos)).SelectMany(s => s).ToArray(), TinyWorld.Scores(resumed.Transform(photos)).SelectMany(s => s).ToArray());
    }

    [TestMethod]
    public void Fit_SyntheticRows_AnnotateTheUnseenLabelsOnly()
    {
        string[][] names = [["red"], ["yellow", "red"], ["white", "green"]];
        var rows = TinyWorld.Rows(3, IndexedColumn.Texts("Labels", i => names[i]), IndexedColumn.Boolean("IsSynthetic", i => i > 0));

        using var cache = TrainingData.Read(_ml, rows, s_world.Options, 64);

        var n = float.NaN;
        float[][] expected = [[1, 0, 0, n, n], [n, n, n, 1, 0], [n, n, n, 0, 1]];
        for (var i = 0; i < 3; i++)
        {
            Assert.AreEqual(i > 0, cache.IsSynthetic(i));
            using var targets = cache.Targets([i]);
            CollectionAssert.AreEqual(expected[i], targets.data<float>().ToArray());
        }

        using var images = cache.Images([2, 0]);
        Assert.AreEqual(2, images[0].max().item<byte>());
        Assert.AreEqual(0, images[1].max().item<byte>());
    }

    [TestMethod]
    public void Fit_NumbersWithUnknownEntries_TakesThemAsTheyAre()
    {
        float[][] values = [[1, float.NaN], [0, 1]];
        var rows = TinyWorld.Rows(2, Numbers(["white", "red"], values));

        using var cache = TrainingData.Read(_ml, rows, s_world.Options, 64);

        using var targets = cache.Targets([0, 1]);
        var n = float.NaN;
        CollectionAssert.AreEqual(new[] { n, n, n, n, 1, 1, n, n, n, 0 }, targets.data<float>().ToArray());
        using var model = TinyWorld.Fit(_ml, s_world.Options, rows);
        Assert.HasCount(2, TinyWorld.Scores(model.Transform(rows)));
    }

    [TestMethod]
    public void Fit_BadData_SaysWhatIsWrong()
    {
        var names = IndexedColumn.Texts("Labels", _ => ["red"]);

        Says<ArgumentException>(TinyWorld.Rows(2), "no column 'Labels'");
        Says<ArgumentException>(new IndexedDataView(2, [names]), "no column 'Image'");
        Says<ArgumentException>(new IndexedDataView(2, [names, IndexedColumn.Text("Image", _ => "a.jpg")]), "'Image' (ImageColumn)");
        Says<ArgumentException>(TinyWorld.Rows(2, IndexedColumn.Text("Labels", _ => "red")), "expected Vector<Text>");
        Says<ArgumentException>(TinyWorld.Rows(2, Numbers(null, [[1, 0], [0, 1]])), "without slot names");
        Says<ArgumentException>(TinyWorld.Rows(2, names, IndexedColumn.Text("IsSynthetic", _ => "yes")), "expected Boolean");
        Says<InvalidOperationException>(TinyWorld.Rows(0, names), "no rows");
        Says<InvalidOperationException>(TinyWorld.Rows(2, IndexedColumn.Texts("Labels", i => ["red", i == 1 ? "cow" : "blue"])), "'cow' (row 1)");
        Says<InvalidOperationException>(TinyWorld.Rows(2, Numbers(["red", "cow"], [[1, 0], [0, 1]])), "'cow' (slot 1)");
        Says<InvalidOperationException>(TinyWorld.Rows(2, Numbers(["red", "blue"], [[1, 0], [0, 0.5f]])), "0.5 in row 1, slot 1");
        Says<InvalidOperationException>(TinyWorld.Rows(2, Numbers(["red"], [[float.NaN], [float.NaN]])), "No row annotates");
        Says<ArgumentException>(TinyWorld.Rows(2, Numbers(["red", "red"], [[1, 0], [0, 1]])), "2 slots named 'red'");
    }

    [TestMethod]
    public void Fit_UnknownLabelsIgnored_TrainsOnTheOthers()
    {
        var rows = TinyWorld.Rows(2, IndexedColumn.Texts("Labels", i => ["red", i == 1 ? "cow" : "blue"]));
        var known = TinyWorld.Rows(2, IndexedColumn.Texts("Labels", i => i == 1 ? ["red"] : ["red", "blue"]));

        var message = Assert.ThrowsExactly<InvalidOperationException>(() => TinyWorld.Fit(_ml, s_world.Options, rows)).Message;
        using var model = TinyWorld.Fit(_ml, s_world.Options with { IgnoreUnknownLabels = true }, rows);
        using var expected = TinyWorld.Fit(_ml, s_world.Options, known);

        Assert.Contains("FusionMultiLabelOptions.Labels", message);
        Assert.Contains("IgnoreUnknownLabels", message);
        Assert.AreEqual(expected.Training!.EpochLosses[0], model.Training!.EpochLosses[0]);
    }

    [TestMethod]
    public void Fit_BehindAStepThatDropsImages_SaysWhichStepsDoAndHowToGoOn()
    {
        var photos = s_world.Photos(_ml, 3);
        var trainer = _ml.MultiLabelClassification.Trainers.FusionMultiLabel(s_world.Options);
        foreach (var fit in new Action[] { () => trainer.Fit(_ml.Data.ShuffleRows(photos)), () => trainer.Fit(_ml.Data.Cache(photos)), () => _ml.Transforms.CopyColumns("Copy", "ImagePath").AppendCacheCheckpoint(_ml).Append(trainer).Fit(photos) })
        {
            Assert.Contains("ShuffleRows, Cache and AppendCacheCheckpoint leave out columns of images", Assert.ThrowsExactly<ArgumentException>(fit).Message);
        }
    }

    [TestMethod]
    public void Fit_NoPositives_WarnsAndGivesAModel()
    {
        List<string> warnings = [];
        _ml.Log += (_, e) => warnings.AddRange(e.Kind == ChannelMessageKind.Warning ? [e.RawMessage] : []);
        var rows = TinyWorld.Rows(4, IndexedColumn.Texts("Labels", _ => []));

        using var model = TinyWorld.Fit(_ml, s_world.Options, rows);

        Assert.Contains("3 annotated labels have no positive row: red, green, blue", warnings.Single());
        Assert.IsTrue(double.IsFinite(model.Training!.EpochLosses[0]));
    }

    [TestMethod]
    public void Fit_UnreadableImage_ThrowsWithThePathAndLeavesNoFile()
    {
        using var folder = new TestFolder();
        var broken = folder.Write("a.jpg", "broken");
        var json = folder.Write("a.json", """{"images":[{"id":1,"file_name":"a.jpg"}],"annotations":[],"categories":[]}""");
        _ml.TempFilePath = folder["temporary"];

        var e = Assert.ThrowsExactly<Images.ImageReadException>(() => TinyWorld.Fit(_ml, s_world.Options, _ml.Data.LoadFromCoco(json, folder.Path)));

        Assert.AreEqual(broken, e.Path);
        Assert.IsEmpty(Directory.GetFiles(folder["temporary"]));
    }

    [TestMethod]
    public void Fit_LabelOfEightyTokens_NamesTheLabel()
    {
        var label = string.Join(' ', Enumerable.Repeat("cat", 80));

        var e = Assert.ThrowsExactly<ArgumentException>(() => TinyWorld.Fit(_ml, s_world.Options with { Labels = LabelSet.Create(["red"], [label]) }, TinyWorld.Rows(1, IndexedColumn.Texts("Labels", _ => ["red"]))));

        Assert.Contains("cat cat", e.Message);
    }

    [TestMethod]
    public void Fit_NoCheckpoint_Throws()
    {
        var rows = TinyWorld.Rows(1, IndexedColumn.Texts("Labels", _ => ["red"]));
        Assert.Contains("no-such-clip", Assert.ThrowsExactly<FileNotFoundException>(() => TinyWorld.Fit(_ml, s_world.Options with { Clip = "no-such-clip" }, rows)).Message);
    }

    [TestMethod]
    public void Fit_ManyEpochs_LeavesNoMoreTensorsThanOne()
    {
        var photos = s_world.Photos(_ml, 6);
        long Left(int epochs)
        {
            var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            using (var model = TinyWorld.Fit(_ml, s_world.Options with { Epochs = epochs, ValidationFraction = 0.3 }, photos))
            {
                TinyWorld.Scores(model.Transform(photos));
            }

            return DisposeScopeManager.Statistics.ThreadTotalLiveCount - before;
        }

        // TorchSharp leaves a few tensors of every network that is created to the garbage collector.
        var one = Left(1);

        Assert.AreEqual(one, Left(30));
        Assert.IsTrue(one < 50, $"{one} tensors");
    }

    [TestMethod]
    public void Fit_GpuThatDoesNotExist_ThrowsUnlessTheCpuMayStandIn()
    {
        var rows = TinyWorld.Rows(2, IndexedColumn.Texts("Labels", _ => ["red"]));

        Assert.ThrowsExactly<InvalidOperationException>(() => TinyWorld.Fit(new MLContext(7) { GpuDeviceId = 999, FallbackToCpu = false }, s_world.Options, rows));
        List<string> warnings = [];
        var forgiving = new MLContext(7) { GpuDeviceId = 999, FallbackToCpu = true };
        forgiving.Log += (_, e) => warnings.AddRange(e.Kind == ChannelMessageKind.Warning && e.RawMessage.Contains("GPU 999", StringComparison.Ordinal) ? [e.Source] : []);
        using var model = TinyWorld.Fit(forgiving, s_world.Options, rows);
        CollectionAssert.AreEqual(new[] { "FusionMultiLabelTrainer" }, warnings);
        Assert.HasCount(2, TinyWorld.Scores(model.Transform(rows)));
    }

    [TestMethod]
    public void FusionMultiLabel_OptionOutOfRange_NamesIt()
    {
        void Names(string option, FusionMultiLabelOptions options) =>
            Assert.AreEqual(option, Assert.Throws<ArgumentException>(() => _ml.MultiLabelClassification.Trainers.FusionMultiLabel(options)).ParamName);

        Names("Epochs", s_world.Options with { Epochs = 0 });
        Names("ValidationFraction", s_world.Options with { ValidationFraction = 1 });
        Names("Threshold", s_world.Options with { Threshold = double.NaN });
        Names("Calibration.ExpectedPrevalence", s_world.Options with { Calibration = new() { ExpectedPrevalence = 0 } });
        Names("TopK", s_world.Options with { TopK = 0 });
        Names("Network.ContextTokens", s_world.Options with { Network = new() { ContextTokens = 0 } });
        Names("ScoringBatchSize", s_world.Options with { ScoringBatchSize = 0 });
        Names("Clip", s_world.Options with { Clip = " " });
        Names("ImageColumn", s_world.Options with { ImageColumn = "" });
        Names("ScoreColumn", s_world.Options with { ScoreColumn = "Image" });
        Names("PredictedLabelsColumn", s_world.Options with { PredictedLabelsColumn = "Score" });
        Names("PredictedLabelsColumn", s_world.Options with { PredictedLabelsColumn = null! });
    }

    [TestMethod]
    public void Options_RecipeBesideShortcuts_AreMergedInEitherOrder()
    {
        FusionMultiLabelOptions first = new() { Labels = TinyWorld.Labels, Clip = s_world.Clip, Epochs = 2, Training = new() { WarmupEpochs = 0, Patience = 3 }, BatchSize = 4, Seed = 5 };
        FusionMultiLabelOptions last = new() { Labels = TinyWorld.Labels, Clip = s_world.Clip, Training = new() { WarmupEpochs = 0, Patience = 3 }, Seed = 5, BatchSize = 4, Epochs = 2 };

        Assert.AreEqual(last, first);
        Assert.AreEqual((2, 4, 0.002), (first.Epochs, first.BatchSize, first.LearningRate));
        Assert.AreEqual((2, 4, 0.002, 3, 5), (first.Training.Epochs, first.Training.BatchSize, first.Training.LearningRate, first.Training.Patience, first.Training.Seed));
        using var model = TinyWorld.Fit(_ml, first with { ValidationFraction = 0.5 }, s_world.Photos(_ml, 6));
        Assert.HasCount(2, model.Training!.EpochLosses);
    }

    [TestMethod]
    public void Options_SeedOfTheRecipe_IsUsed()
    {
        var photos = s_world.Photos(_ml, 6);
        using var one = TinyWorld.Fit(new MLContext(1), s_world.Options with { Seed = 3 }, photos);
        using var two = TinyWorld.Fit(new MLContext(2), s_world.Options with { Training = new() { Seed = 3 } }, photos);

        CollectionAssert.AreEqual(TinyWorld.Scores(one.Transform(photos)).SelectMany(s => s).ToArray(), TinyWorld.Scores(two.Transform(photos)).SelectMany(s => s).ToArray());
    }

    [TestMethod]
    public void FusionMultiLabel_ValueGivenTwiceAndDifferently_NamesBoth()
    {
        void Says(string message, FusionMultiLabelOptions options) =>
            Assert.Contains(message, Assert.ThrowsExactly<ArgumentException>(() => _ml.MultiLabelClassification.Trainers.FusionMultiLabel(options)).Message);

        Says("Epochs is 2 and Training.Epochs is 50", s_world.Options with { Epochs = 2, Training = new() { Epochs = 50 } });
        Says("BatchSize is 8 and Training.BatchSize is 32", s_world.Options with { Training = new() { BatchSize = 32 } });
        Says("LearningRate is 0.5 and Training.LearningRate is 0.25", s_world.Options with { LearningRate = 0.5, Training = new() { LearningRate = 0.25 } });
        Says("Seed is 1 and Training.Seed is 0", s_world.Options with { Seed = 1, Training = new() { Seed = 0 } });
        _ = _ml.MultiLabelClassification.Trainers.FusionMultiLabel(s_world.Options with { Epochs = 2, Training = new() { Epochs = 2 } });
    }

    [TestMethod]
    public void GetOutputSchema_Photos_PromisesScoresWithSlotNames()
    {
        var shape = _ml.MultiLabelClassification.Trainers.FusionMultiLabel(s_world.Options).GetOutputSchema(Shapes.Of(s_world.Photos(_ml, 3).Schema));

        Assert.IsTrue(shape.Find("Score")!.Value.NamesSlots());
        Assert.AreEqual(SchemaShape.Column.VectorKind.VariableVector, shape.Find("PredictedLabels")!.Value.Kind);
    }

    [TestMethod]
    public void Published_Options_FollowThePublishedRecipe()
    {
        var options = FusionMultiLabelOptions.Published(TinyWorld.Labels, "RN50.pt");

        Assert.AreEqual((64, 50, 32, 0.002), (options.Network.ContextTokens, options.Epochs, options.BatchSize, options.LearningRate));
        Assert.IsTrue(options.Training is { PublishedSchedule: true, SeparatePasses: true });
    }

    /// <summary>Pictures of three stripes, whose colours are drawn from the first corners of the colour cube and are the labels.</summary>
    private static (string[] Names, IDataView Data) Stripes(int count, int colours)
    {
        string[] names = [.. new[] { "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white" }.Take(colours)];
        var random = new Random(1);
        var stripes = Enumerable.Range(0, count).Select(_ => random.GetItems(Enumerable.Range(0, colours).ToArray(), 3)).ToArray();
        byte Channel(int row, int offset) => (byte)(offset % 4 == 3 || (stripes[row][offset / 4] >> offset % 4 & 1) == 1 ? 240 : 15);
        return (names, new IndexedDataView(count,
        [
            new("Image", new ImageDataViewType(), row => (ValueGetter<MLImage>)((ref MLImage value) =>
            {
                value?.Dispose();
                value = MLImage.CreateFromPixels(3, 3, MLPixelFormat.Rgba32, [.. Enumerable.Range(0, 36).Select(i => Channel(row.Index, i % 12))]);
            })),
            IndexedColumn.Texts("Labels", i => [.. stripes[i].Distinct().Select(c => names[c])]),
        ]));
    }

    private static IndexedColumn Numbers(string[]? slots, float[][] values) => new(
        "Labels",
        new VectorDataViewType(NumberDataViewType.Single, values[0].Length),
        row => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => new VBuffer<float>(values[0].Length, values[row.Index]).CopyTo(ref value)),
        slots is null ? null : Shapes.Slots(slots));

    private void Says<T>(IDataView data, string part)
        where T : Exception => Assert.Contains(part, Assert.ThrowsExactly<T>(() => TinyWorld.Fit(_ml, s_world.Options, data)).Message);

    private sealed class Direct(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
