using System.Text.Json;
using ZsMlc.Torch.Classification;

namespace ZsMlc.Torch.Tests.Classification;

[TestClass]
public sealed class LearningRateScheduleTests
{
    [TestMethod]
    public void PublishedRate_EveryPass_IsThatOfThePublishedRuns()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Golden.PathOf("classifier", "lr_schedule.json")));
        var rows = document.RootElement.GetProperty("warmup_recount_True").EnumerateArray().ToList();
        var schedule = new LearningRateSchedule(rows.Max(r => r[0].GetInt32()));
        foreach (var row in rows)
        {
            var (epoch, synthetic) = (row[0].GetInt32() - 1, row[1].GetString() == "synthetic");
            Assert.AreEqual(row[2].GetDouble(), schedule.PublishedRate(0.002, epoch, synthetic), 1e-9, row.ToString());
            Assert.AreEqual(row[3].GetDouble(), schedule.PublishedRate(1e-4, epoch, synthetic), 1e-10, row.ToString());
        }

        Assert.IsNotEmpty(rows);
    }

    [TestMethod]
    public void Rate_Epochs_FallsOnceAndStaysDown()
    {
        var schedule = new LearningRateSchedule(20);
        var rates = Enumerable.Range(0, 20).Select(e => schedule.Rate(0.01, e)).ToList();
        Assert.AreEqual(1e-5, rates[0]);
        Assert.AreEqual(0.01, rates[1]);
        Assert.IsTrue(rates.Skip(1).Zip(rates.Skip(2)).All(p => p.First > p.Second));
        Assert.IsLessThan(0.0002, rates[^1]);
    }
}
