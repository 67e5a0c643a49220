using ZsMlc.Benchmarks.AcceptedImages;

namespace ZsMlc.Benchmarks.Tests.AcceptedImages;

[TestClass]
public sealed class AcceptedTests
{
    [TestMethod]
    public void Run_FolderOfAnEarlierRun_MakesNothingAgain()
    {
        var folder = Directory.CreateTempSubdirectory("zsmlc-accepted-").FullName;
        try
        {
            var options = CatalogTests.Smoke() with { Seeds = 1, Only = "two-stage", Work = folder };
            var first = new Accepted().Run(options);
            var files = Files(folder);

            var second = new Accepted().Run(options);

            Assert.IsTrue(first.Any(r => r.Name == "two-stage, 6 unguided steps, preview at 3, loss 2 %: mAP"));
            CollectionAssert.AreEqual(first.ToArray(), second.ToArray());
            CollectionAssert.AreEqual(files, Files(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // Seconds are among what is kept: a figure that is measured again is another one.
    private static (string, DateTime)[] Files(string folder) =>
        [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(f => (f, File.GetLastWriteTimeUtc(f)))];
}
