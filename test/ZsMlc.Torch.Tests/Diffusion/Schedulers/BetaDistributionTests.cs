using ZsMlc.Torch.Diffusion.Schedulers;

namespace ZsMlc.Torch.Tests.Diffusion.Schedulers;

[TestClass]
public sealed class BetaDistributionTests
{
    [TestMethod]
    public void Quantile_KnownPoints_AreSymmetricAndMonotone()
    {
        Assert.AreEqual(0, BetaDistribution.Quantile(0), 1e-12);
        Assert.AreEqual(0.5, BetaDistribution.Quantile(0.5), 1e-12);
        Assert.AreEqual(1, BetaDistribution.Quantile(1), 1e-12);
        Assert.AreEqual(1, BetaDistribution.Quantile(0.2) + BetaDistribution.Quantile(0.8), 1e-12);
        var values = Enumerable.Range(0, 101).Select(i => BetaDistribution.Quantile(i / 100.0)).ToList();
        CollectionAssert.AreEqual(values.Order().ToList(), values);
    }

    [TestMethod]
    public void Quantile_AgainstNumericalIntegration_Agrees()
    {
        // With t = sin²θ the density is 2·(sin θ·cos θ)^0.2, which the midpoint rule integrates well.
        static double Integral(double x)
        {
            const int count = 200_000;
            var end = Math.Asin(Math.Sqrt(x));
            return Enumerable.Range(0, count).Sum(i => 2 * Math.Pow(Math.Sin((i + 0.5) * end / count) * Math.Cos((i + 0.5) * end / count), 0.2)) * end / count;
        }

        var whole = Integral(1);
        foreach (var probability in new[] { 0.05, 0.3, 0.6, 0.9 })
        {
            Assert.AreEqual(probability, Integral(BetaDistribution.Quantile(probability)) / whole, 1e-6);
        }
    }
}
