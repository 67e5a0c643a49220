using System.Text.Json;
using ZsMlc.Benchmarks.Harness;

namespace ZsMlc.Benchmarks.Tests;

[TestClass]
public sealed class ReportTests
{
    [TestMethod]
    public void Save_OneTable_WritesMarkdownAndJson()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            var report = new Report(CatalogTests.Smoke());
            report.Add("walk", "How fast.", [Measurement.Of("uphill", "km/h", [4, 1, 3, 2])]);
            report.Save(folder, "walks");

            StringAssert.Contains(File.ReadAllText(Path.Combine(folder, "walks.md")), "| uphill | 2.50 | 1.00 | 4.00 | 4 | km/h |  |");
            using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "walks.json")));
            Assert.AreEqual(2.5, json.RootElement.GetProperty("walk")[0].GetProperty("Median").GetDouble());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
