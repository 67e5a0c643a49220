using ZsMlc.Torch.Classification.Calibration;

namespace ZsMlc.Torch.Tests.Classification.Calibration;

[TestClass]
public sealed class PlattScalingTests
{
    [TestMethod]
    [DataRow(0.4, -1.5)]
    [DataRow(2.0, 3.0)]
    [DataRow(1.0, 0.0)]
    public void Fit_RowsOfAKnownCurve_FindsIt(double scale, double offset)
    {
        var (a, b) = PlattScaling.Fit(Drawn(20_000, scale, offset));

        Assert.AreEqual(scale, a, 0.06 * scale);
        Assert.AreEqual(offset, b, 0.1);
    }

    [TestMethod]
    public void Fit_SeparableRows_StaysFinite()
    {
        var (a, b) = PlattScaling.Fit([(-10, false), (-9, false), (9, true), (10, true)]);

        Assert.IsTrue(a is > 0 and < 5 && Math.Abs(b) < 1, $"{a} {b}");
        Assert.AreEqual(0.75, PlattScaling.Sigmoid(9.5 * a + b), 0.02, "(2 + 1) / (2 + 2), the target that Platt gives two positives.");
    }

    [TestMethod]
    public void Fit_RanksTheWrongWayRound_AreNotTurned()
    {
        var (a, b) = PlattScaling.Fit([.. Drawn(1000, 1, 0).Select(r => (r.Z, !r.Present))]);

        Assert.IsTrue(a > 0 && double.IsFinite(b), $"{a} {b}");
    }

    [TestMethod]
    public void Offset_FewRows_IsDrawnToZero()
    {
        (double, bool)[] rows = [(0, true), (0, true)];

        var (few, many) = (PlattScaling.Offset(rows, 0.5), PlattScaling.Offset(Enumerable.Repeat(rows[0], 1000).Append((0, false)), 0.5));

        Assert.IsTrue(few is > 0.1 and < 0.5, $"{few}");
        Assert.IsGreaterThan(3, many);
        Assert.AreEqual(0, PlattScaling.Offset([], 0.5));
    }

    internal static List<(double Z, bool Present)> Drawn(int count, double scale, double offset)
    {
        Random random = new(3);
        return [.. Enumerable.Range(0, count).Select(_ => 8 * random.NextDouble() - 4).Select(z => (z, random.NextDouble() < PlattScaling.Sigmoid(scale * z + offset)))];
    }
}
