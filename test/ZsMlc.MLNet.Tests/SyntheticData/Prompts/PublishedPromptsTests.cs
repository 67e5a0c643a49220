using ZsMlc.MLNet.SyntheticData.Prompts;

namespace ZsMlc.MLNet.Tests.SyntheticData.Prompts;

/// <summary>Measures the published prompt files; run with <c>--output Detailed</c> to read the report.</summary>
[TestClass]
public sealed class PublishedPromptsTests
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow("prompts/coco", 152, 1520, 0.93, 0.96)]
    [DataRow("prompts/nus_sample", 31, 310, 0.7, 0.9)]
    public void Check_PublishedFiles_MostLinesPassAndTheRejectedMissALabel(string folder, int files, int lines, double least, double most)
    {
        if (Environment.GetEnvironmentVariable("ZSMLC_TEST_DATA") is not { } root)
        {
            Assert.Inconclusive("ZSMLC_TEST_DATA is not set: the published prompt files are not measured.");
            return;
        }

        var counts = new Dictionary<PromptFault, int>();
        var longEnough = 0;
        var paths = Directory.GetFiles(Path.Combine(root, folder), "*.txt").Order(StringComparer.Ordinal).ToList();
        Assert.HasCount(files, paths);
        foreach (var path in paths)
        {
            var labels = PromptFiles.LabelsOf(path);
            var checker = new PromptChecker(labels, LabelNames.Default, minimumWords: 1);
            foreach (var line in PromptFiles.Read(path))
            {
                var fault = checker.Check(line);
                counts[fault] = counts.GetValueOrDefault(fault) + 1;
                longEnough += fault == PromptFault.None && line.Split(' ').Length >= 10 ? 1 : 0;
                if (fault != PromptFault.None)
                {
                    TestContext.WriteLine($"{fault,-16} {Path.GetFileName(path)}: {line}");
                }
            }
        }

        var total = counts.Values.Sum();
        TestContext.WriteLine($"{folder}: {total} lines; {string.Join(", ", counts.Select(c => $"{c.Key} {c.Value}"))}; {longEnough} pass with 10 words or more");
        Assert.AreEqual(lines, total);
        var share = counts[PromptFault.None] / (double)total;
        Assert.IsTrue(share >= least && share <= most, $"{share:P1} of the lines pass");
    }
}
