using ZsMlc.Benchmarks.Harness;
using ZsMlc.Torch.Runtime;

namespace ZsMlc.Benchmarks.Tests;

[TestClass]
public sealed class CatalogTests
{
    public static IEnumerable<object[]> Names => Catalog.All.Select(b => new object[] { b.Name });

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Run_Smoke_GivesFigures(string name)
    {
        var rows = Catalog.All.Single(b => b.Name == name).Run(Smoke());

        Assert.IsNotEmpty(rows);
        CollectionAssert.AllItemsAreUnique(rows.Select(r => r.Name).ToArray());
        foreach (var row in rows)
        {
            Assert.IsTrue(double.IsFinite(row.Median) && row.Min <= row.Median && row.Median <= row.Max, $"{row}");
        }
    }

    internal static BenchmarkOptions Smoke() => new(Runs: 1, Threads: 1, TorchDevice.Select(null), Batch: 2, Smoke: true);
}
