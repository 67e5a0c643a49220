using ZsMlc.Samples.Reporting;

namespace ZsMlc.Samples.Tests.Reporting;

[TestClass]
public sealed class PrecisionRecallCurveTests
{
    [TestMethod]
    public void Of_KnownRanking_GivesPrecisionAtEachRecall()
    {
        var curve = PrecisionRecallCurve.Of([0.9f, 0.8f, 0.7f, 0.6f], [true, false, true, false]);

        Assert.AreSequenceEqual<ChartPoint>([new(0, 1), new(0.5, 1), new(0.5, 0.5), new(1, 2.0 / 3)], curve);
    }

    [TestMethod]
    public void Of_EqualScores_AreOneDecision()
    {
        var curve = PrecisionRecallCurve.Of([0.5f, 0.5f, 0.5f, 0.5f], [true, false, false, false]);

        Assert.AreSequenceEqual<ChartPoint>([new(0, 0.25), new(1, 0.25)], curve);
    }

    [TestMethod]
    public void Of_NoPositive_HasNoPoints() => Assert.IsEmpty(PrecisionRecallCurve.Of([0.5f], [false]));

    [TestMethod]
    public void Of_LengthsDiffer_Throws() =>
        Assert.ThrowsExactly<ArgumentException>(() => PrecisionRecallCurve.Of([0.5f], [true, false]));
}
