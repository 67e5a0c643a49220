namespace ZsMlc.Benchmarks.Tests;

[TestClass]
public sealed class VersusTests
{
    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void Run_PeerOfKnownSpeed_GivesTheRatiosOfMedians()
    {
        var script = Path.GetTempFileName();
        File.WriteAllText(script, "printf 'name of %s\\t500.0 s/batch\\t0.1 images/s\\n' \"$1\"\n");
        try
        {
            var rows = Versus.Run($"sh {script}", rounds: 2, ["filter"], CatalogTests.Smoke());

            var ours = rows.Single(r => r.Name == "ours filter fp32");
            Assert.AreEqual(2, ours.Runs);
            Assert.AreEqual(500, rows.Single(r => r.Name == "peer filter").Median);
            var ratio = rows.Single(r => r.Name == "filter, ViT-B/32, batched, fp32");
            Assert.AreEqual(500 / ours.Median, ratio.Median, 1e-9);
            StringAssert.Contains(ratio.Note, "met");
        }
        finally
        {
            File.Delete(script);
        }
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void Run_PeerThatPrintsNoTime_SaysWhatItPrinted()
    {
        var e = Assert.ThrowsExactly<InvalidOperationException>(() => Versus.Run("echo hello", rounds: 1, ["filter"], CatalogTests.Smoke()));
        StringAssert.Contains(e.Message, "hello filter");
    }
}
