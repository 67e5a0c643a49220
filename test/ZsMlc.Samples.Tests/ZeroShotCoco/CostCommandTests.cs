using ZsMlc.Samples.ZeroShotCoco;

namespace ZsMlc.Samples.Tests.ZeroShotCoco;

[TestClass]
public sealed class CostCommandTests
{
    [TestMethod]
    public async Task Cost_GivenSeconds_PrintsHoursAndMoneyOfBothRecipes()
    {
        var (code, output) = await Programs.RunAsync(ZeroShotCocoProgram.RunAsync, "cost", "--seconds", "0.9", "--price", "2");

        Assert.AreEqual(0, code, output);

        // 17 labels · 200 / 1.5 = 2,266 pictures, twice, at 0.9 s: 1.1 hours; 50 steps instead of 20 take 2.5 times as long.
        Assert.Contains("2266", output);
        Assert.Contains("2.8 h, 5.6", output);
        Assert.Contains("1.1 h, 2.27", output);
        Assert.Contains("NUS-WIDE 925/81", output);
    }

    [TestMethod]
    public async Task Cost_NothingToGoBy_SaysWhatIsMissing()
    {
        var (code, _) = await Programs.RunAsync(ZeroShotCocoProgram.RunAsync, "cost");

        Assert.AreEqual(2, code);
    }
}
