using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Classification.Calibration;

namespace ZsMlc.Torch.Tests.Classification.Calibration;

[TestClass]
public sealed class ScoreCalibratorTests
{
    private const int Rows = 4000;

    [TestMethod]
    public void Fit_ScoresThatAreTooSure_BringsTheErrorDown()
    {
        var (z, targets) = Drawn(scale: 0.3, offset: -1);
        float[] Scores(Func<float, int, double> probability) => [.. Enumerable.Range(0, Rows * 2).Select(i => (float)probability(z[i / 2, i % 2], i % 2))];
        float[] truth = [.. Enumerable.Range(0, Rows * 2).Select(i => targets[i / 2, i % 2])];
        double Error(float[] scores) => ReliabilityDiagram.ExpectedCalibrationError(ReliabilityDiagram.Bins(scores, truth));

        var calibration = ScoreCalibrator.Fit(z, targets, new())!;

        Assert.IsGreaterThan(0.15, Error(Scores((x, _) => PlattScaling.Sigmoid(x))));
        Assert.IsLessThan(0.02, Error(Scores((x, c) => calibration.Labels[c].Probability(x))));
    }

    [TestMethod]
    public void Fit_LabelThatNoRowAnnotates_HasTheCommonCalibration()
    {
        var (z, targets) = Drawn(0.3, -1);

        var calibration = ScoreCalibrator.Fit(z, targets, new())!;

        Assert.HasCount(3, calibration.Labels);
        Assert.AreEqual((calibration.Others.Scale, calibration.Others.Offset), (calibration.Labels[2].Scale, calibration.Labels[2].Offset));
    }

    [TestMethod]
    public void Fit_ExpectedPrevalence_BoundsWhereTheLabelFires()
    {
        var (z, targets) = Drawn(1, -1);
        double Fires(LabelCalibration label) => Enumerable.Range(0, Rows).Count(r => label.Probability(z[r, 2]) >= label.Threshold) / (double)Rows;

        var (free, bound) = (ScoreCalibrator.Fit(z, targets, new() { ExpectedPrevalence = 0.9 })!, ScoreCalibrator.Fit(z, targets, new() { ExpectedPrevalence = 0.02 })!);

        Assert.IsGreaterThan(0.3, Fires(free.Labels[2]));
        Assert.IsTrue(Fires(bound.Labels[2]) is > 0 and <= 0.02);
        Assert.AreEqual(free.Labels[0], bound.Labels[0], "Seen labels are not concerned.");
        Assert.AreEqual(PlattScaling.Logit(0.9) - PlattScaling.Logit(0.02), free.Others.Offset - bound.Others.Offset, 1e-9);
    }

    [TestMethod]
    [DataRow(0f)]
    [DataRow(1f)]
    [DataRow(float.NaN)]
    public void Fit_RowsThatAreAllAlike_TellNothing(float target) =>
        Assert.IsNull(ScoreCalibrator.Fit(new float[,] { { 1, 2 }, { 3, 4 } }, new[,] { { target, target }, { target, target } }, new()));

    // Two annotated labels whose probability is σ(scale·z + offset), and one that is not annotated.
    private static (float[,] Z, float[,] Targets) Drawn(double scale, double offset)
    {
        Random random = new(5);
        var (z, targets) = (new float[Rows, 3], new float[Rows, 3]);
        for (var i = 0; i < Rows * 3; i++)
        {
            var (row, label) = (i / 3, i % 3);
            z[row, label] = (float)(20 * random.NextDouble() - 10);
            targets[row, label] = label == 2 ? float.NaN : random.NextDouble() < PlattScaling.Sigmoid(scale * z[row, label] + offset) ? 1 : 0;
        }

        return (z, targets);
    }
}
