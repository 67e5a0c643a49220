using ZsMlc.Torch.Classification.Calibration;

namespace ZsMlc.Torch.Tests.Classification.Calibration;

[TestClass]
public sealed class BestThresholdTests
{
    [TestMethod]
    public void Of_Rows_IsBetweenTheLastOneTakenAndTheNext() =>
        Assert.AreEqual(0.45, BestThreshold.Of([(0.9, true), (0.6, true), (0.3, false), (0.2, false), (0.1, true), (0.05, false)]), 1e-12);

    [TestMethod]
    public void Of_EqualScores_AreOneDecision() => Assert.AreEqual(0.25, BestThreshold.Of([(0.5, true), (0.5, false), (0.5, true), (0, false)]));
}
