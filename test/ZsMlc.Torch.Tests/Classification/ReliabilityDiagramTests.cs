using ZsMlc.Torch.Classification;

namespace ZsMlc.Torch.Tests.Classification;

[TestClass]
public sealed class ReliabilityDiagramTests
{
    [TestMethod]
    public void Bins_Scores_AreSortedByWidthAndUnknownOnesLeftOut()
    {
        float[] scores = [0, 0.1f, 0.6f, 0.7f, 1, 0.3f];
        float[] targets = [0, 1, 1, 0, 1, float.NaN];

        var bins = ReliabilityDiagram.Bins(scores, targets, 2);

        Assert.HasCount(2, bins);
        Assert.AreEqual((2, 0.5), (bins[0].Count, bins[0].PositiveShare));
        Assert.AreEqual(0.05, bins[0].MeanScore, 1e-6);
        Assert.AreEqual(3, bins[1].Count);
        Assert.AreEqual(2.3 / 3, bins[1].MeanScore, 1e-6);
        Assert.AreEqual((2 * 0.45 + 3 * (2.3 - 2) / 3) / 5, ReliabilityDiagram.ExpectedCalibrationError(bins), 1e-6);
    }

    [TestMethod]
    public void Bins_EmptyOnes_AreLeftOut() =>
        CollectionAssert.AreEqual(new ReliabilityBin[] { new(1, 0, 0), new(1, 1, 1) }, ReliabilityDiagram.Bins([1, 0], [1, 0]).ToArray());

    [TestMethod]
    public void ExpectedCalibrationError_NoBins_IsNaN() => Assert.IsTrue(double.IsNaN(ReliabilityDiagram.ExpectedCalibrationError([])));

    [TestMethod]
    [DataRow(1.01f)]
    [DataRow(-0.1f)]
    [DataRow(float.NaN)]
    public void Bins_NoProbability_IsRefused(float score) =>
        Assert.Contains("expected a probability from 0 to 1", Assert.ThrowsExactly<ArgumentException>(() => ReliabilityDiagram.Bins([0.5f, score], [1, 0])).Message);

    [TestMethod]
    public void Bins_OtherLengths_AreRefused() =>
        Assert.Contains("2 scores but 1 targets", Assert.ThrowsExactly<ArgumentException>(() => ReliabilityDiagram.Bins([0.5f, 1], [1])).Message);
}
