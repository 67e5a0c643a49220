using Microsoft.ML;
using Microsoft.ML.Data;
using ZsMlc.MLNet.Interop;
using ZsMlc.MLNet.SyntheticData;

namespace ZsMlc.MLNet.Evaluation;

[TestClass]
public sealed class MultiLabelCrossValidationTests
{
    private static TinyWorld s_world = null!;

    private readonly MLContext _ml = new(7);

    [ClassInitialize]
    public static void Create(TestContext context) => s_world = new();

    [ClassCleanup]
    public static void Clean() => s_world.Dispose();

    [TestMethod]
    public void CrossValidate_Trainer_MeasuresEveryRowOnceAndSummarises()
    {
        var photos = s_world.Photos(_ml, 9);
        var trainer = _ml.MultiLabelClassification.Trainers.FusionMultiLabel(s_world.Options);

        using var result = _ml.MultiLabelClassification.CrossValidate(photos, trainer, 3, TinyWorld.Labels.Seen, topK: 2);

        Assert.HasCount(3, result.Folds);
        CollectionAssert.AreEquivalent(photos.GetColumn<string>("ImagePath").ToArray(), result.Folds.SelectMany(f => f.ScoredHoldOutSet.GetColumn<string>("ImagePath")).ToArray());
        var precisions = result.Folds.Select(f => f.Metrics.MeanAveragePrecision).Where(p => !double.IsNaN(p)).ToList();
        Assert.AreEqual(precisions.Average(), result.MeanAveragePrecision.Mean, 1e-12);
        Assert.AreEqual(Math.Sqrt(precisions.Sum(p => Math.Pow(p - precisions.Average(), 2)) / (precisions.Count - 1)), result.MeanAveragePrecision.StandardDeviation, 1e-12);
        Assert.AreEqual(result.Folds.Average(f => f.Metrics.AtTopK.F1), result.F1AtTopK.Mean, 1e-12);
        Assert.StartsWith("3 folds: mAP ", result.ToString());
        Assert.Contains("P@2", result.ToString());
    }

    [TestMethod]
    public void CrossValidate_RowsMarkedSynthetic_TrainEveryFoldAndAreNotMeasured()
    {
        List<string> messages = [];
        _ml.Log += (_, e) => messages.Add(e.RawMessage);
        var rows = TinyWorld.Rows(8, IndexedColumn.Texts("Labels", i => i < 5 ? ["red"] : ["yellow"]), IndexedColumn.Boolean("IsSynthetic", i => i >= 5));

        using var result = _ml.MultiLabelClassification.CrossValidate(rows, _ml.MultiLabelClassification.Trainers.FusionMultiLabel(s_world.Options), 2);

        var held = result.Folds.Select(f => f.Metrics.RowCount).ToArray();
        Assert.AreEqual(5, held.Sum());
        Assert.IsFalse(result.Folds.SelectMany(f => f.ScoredHoldOutSet.GetColumn<bool>("IsSynthetic")).Contains(true));
        foreach (var rowsHeld in held)
        {
            Assert.IsTrue(messages.Any(m => m.StartsWith($"{8 - rowsHeld} training rows", StringComparison.Ordinal)), string.Join('\n', messages));
        }
    }

    [TestMethod]
    public void CrossValidate_ChainWithGenerator_MakesItsImagesOnce()
    {
        var generated = 0;
        var options = TinyGenerator.Options(s_world, "folds") with { ImagesPerLabel = 1, Progress = new Told<GenerationProgress>(p => generated = Math.Max(generated, p.Generated)) };
        List<int> made = [];
        var chain = _ml.Transforms.SyntheticUnseenData(options)
            .WithOnFitDelegate(_ =>
            {
                made.Add(generated);
                generated = 0;
            })
            .Append(_ml.MultiLabelClassification.Trainers.FusionMultiLabel(s_world.Options with { Labels = TinyGenerator.Labels }));

        using var result = _ml.MultiLabelClassification.CrossValidate(s_world.Photos(_ml, 4), chain, 2, TinyGenerator.Labels.Seen);

        Assert.IsGreaterThan(0, made[0]);
        Assert.AreEqual(0, made[1]);
    }

    [TestMethod]
    public void CrossValidate_BadInput_SaysWhatIsWrong()
    {
        var trainer = _ml.MultiLabelClassification.Trainers.FusionMultiLabel(s_world.Options);
        var rows = TinyWorld.Rows(3, IndexedColumn.Texts("Labels", _ => ["red"]), IndexedColumn.Text("IsSynthetic", _ => "no"));

        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => _ml.MultiLabelClassification.CrossValidate(rows, trainer, 1));
        Assert.Contains("'IsSynthetic' (syntheticColumn)", Assert.ThrowsExactly<ArgumentException>(() => _ml.MultiLabelClassification.CrossValidate(rows, trainer, 2)).Message);
    }
}
