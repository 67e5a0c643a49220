using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace ZsMlc.MLNet.Classification;

/// <summary>Scores that are calibrated by held-out rows, from the trainer to a loaded model.</summary>
[TestClass]
public sealed class CalibrationTests
{
    private static readonly MLContext s_ml = new(7);

    private static TinyWorld s_world = null!;
    private static IDataView s_photos = null!;
    private static FusionMultiLabelTransformer s_model = null!, s_plain = null!;

    private static FusionMultiLabelOptions Options => s_world.Options with { ValidationFraction = 0.5, IncludeTextEncoder = true };

    [ClassInitialize]
    public static void Train(TestContext context)
    {
        s_world = new();
        s_photos = s_world.Photos(s_ml, 12);
        s_model = TinyWorld.Fit(s_ml, Options, s_photos);
        s_plain = TinyWorld.Fit(s_ml, Options with { Calibration = null }, s_photos);
    }

    [ClassCleanup]
    public static void Clean()
    {
        s_model.Dispose();
        s_plain.Dispose();
        s_world.Dispose();
    }

    [TestMethod]
    public void Fit_HeldOutRows_CalibratesAndLeavesRanks()
    {
        var (before, after) = (TinyWorld.Scores(s_plain.Transform(s_photos)), TinyWorld.Scores(s_model.Transform(s_photos)));

        Assert.IsNull(s_plain.Classifier.Calibration);
        Assert.IsNotNull(s_model.Classifier.Calibration);
        for (var c = 0; c < TinyWorld.Labels.Count; c++)
        {
            var order = Enumerable.Range(0, before.Length).OrderBy(r => before[r][c]).ToArray();
            Assert.IsTrue(order.Zip(order.Skip(1)).All(p => before[p.First][c] == before[p.Second][c] || after[p.First][c] <= after[p.Second][c]), TinyWorld.Labels.All[c]);
            Assert.AreNotEqual(before[0][c], after[0][c]);
        }
    }

    [TestMethod]
    public void Transform_Calibrated_PredictsByTheThresholdsOfLabels()
    {
        var scored = s_model.Transform(s_photos);
        var thresholds = s_model.Classifier.Calibration!.Labels.Select(l => l.Threshold).ToArray();

        foreach (var (scores, predicted) in TinyWorld.Scores(scored).Zip(scored.GetColumn<string[]>("PredictedLabels")))
        {
            var expected = Enumerable.Range(0, scores.Length).Where(c => scores[c] >= thresholds[c]).OrderByDescending(c => scores[c]).Select(c => TinyWorld.Labels.All[c]);
            CollectionAssert.AreEqual(expected.ToArray(), predicted);
        }

        CollectionAssert.AreEqual(thresholds, s_ml.MultiLabelClassification.Evaluate(scored).Labels.Select(l => l.Threshold).ToArray());
    }

    [TestMethod]
    public void Transform_ThresholdGiven_IsThatOfAllLabels()
    {
        using var model = TinyWorld.Fit(s_ml, Options with { Threshold = 0.25 }, s_photos);

        Assert.IsTrue(s_ml.MultiLabelClassification.Evaluate(model.Transform(s_photos)).Labels.All(l => l.Threshold == 0.25));
    }

    [TestMethod]
    public void Load_CalibratedModel_ScoresAndPredictsTheSame()
    {
        var zip = s_world.Folder["calibrated.zip"];
        s_ml.MultiLabelClassification.Save(s_model, s_photos.Schema, zip);

        using var loaded = s_ml.MultiLabelClassification.Load(zip);
        using var other = loaded.WithLabels(["white", "purple"]);

        var (expected, found) = (s_model.Transform(s_photos), loaded.Transform(s_photos));
        CollectionAssert.AreEqual(TinyWorld.Scores(expected).SelectMany(s => s).ToArray(), TinyWorld.Scores(found).SelectMany(s => s).ToArray());
        CollectionAssert.AreEqual(expected.GetColumn<string[]>("PredictedLabels").SelectMany(p => p).ToArray(), found.GetColumn<string[]>("PredictedLabels").SelectMany(p => p).ToArray());
        Assert.AreEqual(s_model.Classifier.Calibration!.Others, other.Classifier.Calibration!.Labels[1]);
        Assert.AreEqual(TinyWorld.Scores(found)[0][4], TinyWorld.Scores(other.Transform(s_photos))[0][0], 1e-4f);
    }

    [TestMethod]
    public void Fit_CancelledWithTheBestModel_CalibratesIt()
    {
        using var cancellation = new CancellationTokenSource();
        var options = Options with { Epochs = 500, CancellationToken = cancellation.Token, Progress = new Cancelling(cancellation), Training = new() { ReturnBestOnCancel = true } };

        using var model = TinyWorld.Fit(s_ml, options, s_photos);

        Assert.IsTrue(model.Training!.WasCancelled);
        Assert.IsNotNull(model.Classifier.Calibration);
    }

    [TestMethod]
    public void Fit_HeldOutRowsWithoutLabels_WarnsAndLeavesScoresAsTheyAre()
    {
        List<string> warnings = [];
        var ml = new MLContext(7);
        ml.Log += (_, e) => warnings.AddRange(e.Kind == ChannelMessageKind.Warning ? [e.RawMessage] : []);
        var rows = TinyWorld.Rows(4, Interop.IndexedColumn.Texts("Labels", _ => []));

        using var model = TinyWorld.Fit(ml, Options, rows);

        Assert.IsNull(model.Classifier.Calibration);
        Assert.IsTrue(warnings.Any(w => w.StartsWith("Scores are not calibrated: of the 2 held-out rows", StringComparison.Ordinal)), string.Join('\n', warnings));
    }

    private sealed class Cancelling(CancellationTokenSource source) : IProgress<Torch.Classification.TrainingProgress>
    {
        public void Report(Torch.Classification.TrainingProgress value)
        {
            if (value.Epoch == 2)
            {
                source.Cancel();
            }
        }
    }
}
