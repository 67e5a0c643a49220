using Microsoft.Extensions.AI;
using ZsMlc.MLNet.SyntheticData.Prompts;
using ZsMlc.Samples.LocalModel;

namespace ZsMlc.Samples.Tests.LocalModel;

/// <summary>A language model in a file, run with whatever GGUF file <c>ZSMLC_TEST_GGUF</c> names.</summary>
[TestClass]
public sealed class GgufChatClientTests
{
    private static readonly string[][] s_sets =
        [["dog", "cup"], ["bus", "umbrella"], ["snowboard"], ["airplane", "cow"], ["cake", "knife"], ["cat", "couch"], ["elephant"], ["keyboard", "scissors"]];

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public void Constructor_NoSuchFile_NamesIt()
    {
        var e = Assert.ThrowsExactly<FileNotFoundException>(() => new GgufChatClient("nowhere.gguf"));
        Assert.Contains("nowhere.gguf", e.Message);
    }

    [TestMethod]
    public void Constructor_AnotherFile_SaysWhatAGgufFileBeginsWith()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["model.gguf"], "version https://git-lfs.github.com/spec/v1");
        var e = Assert.ThrowsExactly<InvalidDataException>(() => new GgufChatClient(folder["model.gguf"]));
        Assert.Contains("begins with 'GGUF'", e.Message);
    }

    [TestMethod]
    public async Task GetResponseAsync_Grammar_IsObeyed()
    {
        using var model = Model();
        var response = await model.GetResponseAsync("Say yes or no: is snow white?", new ChatOptions
        {
            AdditionalProperties = new() { ["grammar"] = "root ::= \"yes\" | \"no\"\n" },
        }, TestContext.CancellationToken);
        Assert.IsTrue(response.Text is "yes" or "no", response.Text);
        Assert.AreEqual(ChatFinishReason.Stop, response.FinishReason);
    }

    [TestMethod]
    public async Task GetAsync_EightLabelSets_MostPromptsAreTheModelsAndAllNameTheirLabels()
    {
        using var model = Model();
        var source = LocalModelPrompts.Create(model, "model");
        var (all, templates) = (new List<string>(), 0);
        foreach (var set in s_sets)
        {
            var batch = await source.GetAsync(new PromptRequest(set, PromptsPerSet, LabelNames.Default, Seed: 1), TestContext.CancellationToken);
            TestContext.WriteLine($"{string.Join(" + ", set)}: {batch.FromTemplates} of {batch.Prompts.Count} are templates, {batch.Rejected} turned down\n{string.Join('\n', [.. batch.Prompts, .. batch.Warnings])}");
            all.AddRange(batch.Prompts);
            templates += batch.FromTemplates;
            Assert.HasCount(PromptsPerSet, batch.Prompts);
            Assert.IsTrue(batch.Prompts.All(prompt => set.All(label => prompt.Contains(label, StringComparison.OrdinalIgnoreCase))), "Each names its labels.");
        }

        Assert.HasCount(all.Count, all.Distinct(StringComparer.OrdinalIgnoreCase).ToList(), "No prompt comes twice.");
        Assert.IsFalse(all.Any(prompt => prompt.Contains("Objects:", StringComparison.Ordinal) || prompt.Contains("one sentence", StringComparison.OrdinalIgnoreCase)), "None is an echo.");
        Assert.IsLessThanOrEqualTo(0.2, templates / (double)all.Count, $"{templates} of {all.Count} prompts are templates.");
    }

    /// <summary>Three a label set, or as many as <c>ZSMLC_TEST_GGUF_PROMPTS</c> says.</summary>
    private static int PromptsPerSet => int.TryParse(Environment.GetEnvironmentVariable("ZSMLC_TEST_GGUF_PROMPTS"), out var count) ? count : 3;

    private static GgufChatClient Model()
    {
        if (Environment.GetEnvironmentVariable("ZSMLC_TEST_GGUF") is not { Length: > 0 } file)
        {
            Assert.Inconclusive("ZSMLC_TEST_GGUF names no language model (a GGUF file): local models are not tested.");
            return null!;
        }

        return new GgufChatClient(file, threads: 1);
    }
}
