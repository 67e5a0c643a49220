using System.Globalization;
using System.Text.Json;
using ZsMlc.Torch.Tests;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Classification;

[TestClass]
public sealed class MultiLabelRankingTests
{
    [TestMethod]
    public void AveragePrecision_GoldenScores_MatchTheReference()
    {
        var (scores, targets, labels) = Scores();
        using var document = JsonDocument.Parse(File.ReadAllText(Golden.PathOf("classifier", "metrics.json")));
        var reference = document.RootElement;
        double[] expected = [.. reference.GetProperty("AP").EnumerateArray().Select(a => a.GetDouble())];

        var actual = MultiLabelRanking.AveragePrecision(scores, targets, labels);

        for (var c = 0; c < labels; c++)
        {
            // The reference counts a label without positives as 0; here it has no value.
            Assert.AreEqual(expected[c], double.IsNaN(actual[c]) ? 0 : actual[c], 1e-6, $"label {c}");
        }

        var empty = Enumerable.Range(0, labels).Count(c => Enumerable.Range(0, targets.Length / labels).All(i => targets[i * labels + c] == 0));
        Assert.AreEqual(empty, actual.Count(double.IsNaN));
        Assert.AreEqual(reference.GetProperty("mAP_percent").GetDouble() / 100 * labels / (labels - empty), MultiLabelRanking.MeanAveragePrecision(actual), 1e-6);
    }

    /// <summary>Gets every K that the reference was measured at.</summary>
    public static IEnumerable<int> Tops
    {
        get
        {
            using var document = JsonDocument.Parse(File.ReadAllText(Golden.PathOf("classifier", "metrics.json")));
            const string Start = "calc_F1_top";
            return [.. document.RootElement.EnumerateObject().Where(p => p.Name.StartsWith(Start, StringComparison.Ordinal)).Select(p => int.Parse(p.Name[Start.Length..], CultureInfo.InvariantCulture))];
        }
    }

    [TestMethod]
    [DynamicData(nameof(Tops))]
    public void AtTop_GoldenScores_MatchTheReference(int top)
    {
        var (scores, targets, labels) = Scores();
        using var document = JsonDocument.Parse(File.ReadAllText(Golden.PathOf("classifier", "metrics.json")));
        var expected = document.RootElement.GetProperty($"calc_F1_top{top}");

        var actual = MultiLabelRanking.AtTop(scores, targets, labels, top);

        Assert.AreEqual(expected.GetProperty("P").GetDouble(), 100 * actual.Precision, 1e-6);
        Assert.AreEqual(expected.GetProperty("R").GetDouble(), 100 * actual.Recall, 1e-6);
        Assert.AreEqual(expected.GetProperty("F1").GetDouble(), 100 * actual.F1, 1e-6);
    }

    [TestMethod]
    public void AtTop_NoPositives_HasNoRecallAndZeroF1()
    {
        var actual = MultiLabelRanking.AtTop([0.1f, 0.2f], [0, 0], 2, 1);

        Assert.AreEqual(0, actual.Precision);
        Assert.AreEqual(double.NaN, actual.Recall);
        Assert.AreEqual(0, actual.F1);
    }

    [TestMethod]
    public void AveragePrecision_EqualScores_KeepTheOrderOfRows()
    {
        Assert.AreEqual(1.0, MultiLabelRanking.AveragePrecision([0.5f, 0.5f], [1, 0], 1)[0]);
        Assert.AreEqual(0.5, MultiLabelRanking.AveragePrecision([0.5f, 0.5f], [0, 1], 1)[0]);
    }

    [TestMethod]
    public void All_UnknownEntries_AreLeftOut()
    {
        float[] scores = [0.9f, 0.8f, 0.7f, 0.1f], targets = [float.NaN, 1, 0, 1];

        Assert.AreEqual((1 + 2.0 / 3) / 2, MultiLabelRanking.AveragePrecision(scores, targets, 1)[0], 1e-12);
        Assert.AreEqual(new PrecisionRecall(0.5, 0.5), MultiLabelRanking.AtTop(scores, targets, 4, 2));
        Assert.AreEqual(new PrecisionRecall(0.5, 0.5), MultiLabelRanking.AtThreshold(scores, targets, 4, 0.5).Micro);
    }

    [TestMethod]
    public void AtThresholds_OneALabel_CountsFalseOnesByRow()
    {
        float[] scores = [0.9f, 0.3f, 0.6f, 0.2f, 0.8f, 0.4f];
        float[] targets = [1, 0, 0, 1, float.NaN, 1];

        var predictions = MultiLabelRanking.AtThresholds(scores, targets, [0.5, 0.3]);

        Assert.AreEqual(new PrecisionRecall(0.5, 2.0 / 3), predictions.Micro);
        CollectionAssert.AreEqual(new PrecisionRecall[] { new(0.5, 1), new(0.5, 0.5) }, predictions.Labels.ToArray());
        Assert.AreEqual(2.0 / 3, predictions.FalsePerRow);
    }

    [TestMethod]
    public void AtThreshold_TwoLabels_CountsTogetherAndApart()
    {
        float[] scores = [0.9f, 0.6f, 0.4f, 0.5f], targets = [1, 0, 1, 1];

        var (micro, labels) = MultiLabelRanking.AtThreshold(scores, targets, 2, 0.5);

        Assert.AreEqual(new PrecisionRecall(2.0 / 3, 2.0 / 3), micro);
        Assert.AreEqual(new PrecisionRecall(1, 0.5), labels[0]);
        Assert.AreEqual(new PrecisionRecall(0.5, 1), labels[1]);
    }

    [TestMethod]
    public void All_BadSizesOrNaN_Throw()
    {
        Assert.ThrowsExactly<ArgumentException>(() => MultiLabelRanking.AveragePrecision([1, 2, 3], [1, 0, 1], 2));
        var e = Assert.ThrowsExactly<ArgumentException>(() => MultiLabelRanking.AtTop([1, 2, 3, float.NaN], [1, 0, 1, 0], 2, 1));
        Assert.Contains("row 1, label 1", e.Message);
    }

    private static (float[] Scores, float[] Targets, int Labels) Scores()
    {
        using var scope = NewDisposeScope();
        using var file = Golden.Open("classifier", "metrics.safetensors");
        var scores = file.Read("pred");
        return (scores.data<float>().ToArray(), file.Read("target").to(ScalarType.Float32).data<float>().ToArray(), (int)scores.shape[1]);
    }
}
