using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ZsMlc.MLNet.Interop;
using ZsMlc.Torch.Classification;

namespace ZsMlc.MLNet.Evaluation;

[TestClass]
public sealed class MultiLabelEvaluatorTests
{
    private static readonly string[] s_labels = ["cat", "dog", "cow"];
    private static readonly float[][] s_scores = [[0.9f, 0.8f, 0.1f], [0.6f, 0.3f, 0.2f], [0.7f, 0.2f, 0.4f]];

    private readonly MLContext _ml = new(1);

    [TestMethod]
    public void Evaluate_ListedNames_OthersAreAbsent()
    {
        string[][] truth = [["cat", "bird"], ["dog"], ["cat"]];

        var metrics = _ml.MultiLabelClassification.Evaluate(View(IndexedColumn.Texts("Labels", i => truth[i])), topK: 1);

        Assert.AreEqual(3, metrics.RowCount);
        CollectionAssert.AreEqual(new[] { 2, 1, 0 }, metrics.Labels.Select(l => l.Positives).ToArray());
        Assert.AreEqual(1, metrics.Labels[0].AveragePrecision);
        Assert.AreEqual(0.5, metrics.Labels[1].AveragePrecision);
        Assert.AreEqual(0.75, metrics.MeanAveragePrecision);
        CollectionAssert.AreEqual(new[] { "cow" }, metrics.LabelsWithoutPositives.ToArray());
        Assert.AreEqual(new PrecisionRecall(2.0 / 3, 2.0 / 3), metrics.AtTopK);
        Assert.AreEqual(2 * 0.5 * (2.0 / 3) / (0.5 + 2.0 / 3), metrics.MicroF1, 1e-12);
        Assert.AreEqual(0.8 / 2, metrics.MacroF1, 1e-12);
        Assert.Contains("mAP 75.00", metrics.ToString());
    }

    [TestMethod]
    public void Evaluate_SomeLabels_RanksAmongTheseOnly()
    {
        string[][] truth = [["cat", "dog"], ["cow"], ["cow"]];

        var metrics = _ml.MultiLabelClassification.Evaluate(View(IndexedColumn.Texts("Labels", i => truth[i])), ["cow", "dog"], topK: 1);

        CollectionAssert.AreEqual(new[] { "cow", "dog" }, metrics.Labels.Select(l => l.Label).ToArray());
        Assert.AreEqual(new PrecisionRecall(2.0 / 3, 2.0 / 3), metrics.AtTopK);
    }

    [TestMethod]
    public void Evaluate_UnknownEntries_AreLeftOut()
    {
        float[][] truth = [[1, float.NaN, 0], [0, 1, 0], [1, 0, 0]];
        var column = new IndexedColumn("Labels", new VectorDataViewType(NumberDataViewType.Single, 3),
            row => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => new VBuffer<float>(3, truth[row.Index]).CopyTo(ref value)), Shapes.Slots(s_labels));

        var metrics = _ml.MultiLabelClassification.Evaluate(View(column));

        Assert.AreEqual(1, metrics.Labels[1].AveragePrecision);
    }

    [TestMethod]
    public void Evaluate_ThresholdsOfTheColumn_AreTakenUnlessOneIsGiven()
    {
        var names = IndexedColumn.Texts("Labels", i => [s_labels[i]]);
        var view = new IndexedDataView(3, [ScoreColumn(ScoreAnnotations.Scores(new IndexedDataView(3, [names]).Schema, s_labels, [0.8, 0.3, 0.2])), names]);

        var metrics = _ml.MultiLabelClassification.Evaluate(view, ["cow", "cat"]);
        var given = _ml.MultiLabelClassification.Evaluate(view, threshold: 0.65);

        CollectionAssert.AreEqual(new[] { 0.2, 0.8 }, metrics.Labels.Select(l => l.Threshold).ToArray());
        CollectionAssert.AreEqual(new PrecisionRecall[] { new(0.5, 1), new(1, 1) }, metrics.Labels.Select(l => l.AtThreshold).ToArray());
        Assert.AreEqual(1.0 / 3, metrics.FalseTagsPerRow);
        Assert.IsTrue(given.Labels.All(l => l.Threshold == 0.65));
        Assert.AreEqual(2.0 / 3, given.FalseTagsPerRow);
        Assert.AreEqual(0.5, _ml.MultiLabelClassification.Evaluate(View(names)).Labels[0].Threshold, "A column that says nothing of thresholds.");
    }

    [TestMethod]
    public void Evaluate_Probabilities_GivesTheirCalibrationErrorAndOtherScoresNone()
    {
        var names = IndexedColumn.Texts("Labels", _ => ["cat"]);
        var cosines = new IndexedColumn("Score", new VectorDataViewType(NumberDataViewType.Single, 3),
            _ => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => new VBuffer<float>(3, [20, 3, -1]).CopyTo(ref value)), Shapes.Slots(s_labels));

        var metrics = _ml.MultiLabelClassification.Evaluate(View(names), ["cat"]);
        var other = _ml.MultiLabelClassification.Evaluate(new IndexedDataView(3, [cosines, names]));

        Assert.AreEqual(3, metrics.Reliability.Sum(b => b.Count));
        Assert.AreEqual((0.1 + 0.4 + 0.3) / 3, metrics.ExpectedCalibrationError, 1e-6);
        Assert.IsTrue(other.Reliability.Count == 0 && double.IsNaN(other.ExpectedCalibrationError));
    }

    [TestMethod]
    public void Evaluate_BadInput_SaysWhatIsWrong()
    {
        var names = IndexedColumn.Texts("Labels", _ => ["cat"]);
        var catalog = _ml.MultiLabelClassification;

        Assert.Contains("'zebra'", Assert.ThrowsExactly<ArgumentException>(() => catalog.Evaluate(View(names), ["cat", "zebra"])).Message);
        Assert.Contains("twice", Assert.ThrowsExactly<ArgumentException>(() => catalog.Evaluate(View(names), ["cat", "cat"])).Message);
        Assert.Contains("'Truth'", Assert.ThrowsExactly<ArgumentException>(() => catalog.Evaluate(View(names), labelColumn: "Truth")).Message);
        Assert.Contains("slot names", Assert.ThrowsExactly<ArgumentException>(() => catalog.Evaluate(View(names), scoreColumn: "Labels")).Message);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => catalog.Evaluate(View(names), topK: 0));
        Assert.AreEqual("threshold", Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => catalog.Evaluate(View(names), threshold: 2)).ParamName);
        Assert.AreEqual("threshold", Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => catalog.Evaluate(View(names), threshold: double.NaN)).ParamName);
        Assert.ThrowsExactly<InvalidOperationException>(() => catalog.Evaluate(new IndexedDataView(0, [ScoreColumn(), names])));
    }

    [TestMethod]
    public void Evaluate_NoRowWithAnyLabel_WarnsOfTheNaN()
    {
        List<LoggingEventArgs> warnings = [];
        _ml.Log += (_, e) => warnings.AddRange(e.Kind == ChannelMessageKind.Warning ? [e] : []);

        var metrics = _ml.MultiLabelClassification.Evaluate(View(IndexedColumn.Texts("Labels", _ => ["Cat"])));

        Assert.IsTrue(double.IsNaN(metrics.MeanAveragePrecision));
        Assert.Contains("None of the 3 rows has any of the 3 labels ('cat', …)", warnings.Single().RawMessage);
        Assert.AreEqual("MultiLabelMetrics", warnings[0].Source);
    }

    private static IndexedDataView View(IndexedColumn truth) => new(3, [ScoreColumn(), truth]);

    private static IndexedColumn ScoreColumn(DataViewSchema.Annotations? annotations = null) => new("Score", new VectorDataViewType(NumberDataViewType.Single, 3),
        row => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => new VBuffer<float>(3, s_scores[row.Index]).CopyTo(ref value)), annotations ?? Shapes.Slots(s_labels));
}
