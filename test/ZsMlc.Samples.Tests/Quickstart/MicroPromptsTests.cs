using ZsMlc.MLNet.SyntheticData.Prompts;
using ZsMlc.Samples.Quickstart;

namespace ZsMlc.Samples.Tests.Quickstart;

[TestClass]
public sealed class MicroPromptsTests
{
    [TestMethod]
    public async Task GetAsync_TwoLabels_GivesDistinctSentencesThatNameBoth()
    {
        var source = new MicroPrompts();

        var batch = await source.GetAsync(new PromptRequest(["umbrella", "dog"], source.DefaultPromptsPerSet, LabelNames.Default));

        Assert.HasCount(source.DefaultPromptsPerSet, batch.Prompts.Distinct());
        Assert.AreEqual("A photo of an umbrella next to a dog.", batch.Prompts[0]);
        Assert.IsTrue(batch.Prompts.All(p => p.Contains("umbrella", StringComparison.Ordinal) && p.Contains("dog", StringComparison.Ordinal)));
    }

    [TestMethod]
    public async Task GetAsync_MoreThanItKnows_SaysHowManyItHas()
    {
        var error = await Assert.ThrowsExactlyAsync<ArgumentException>(() => new MicroPrompts().GetAsync(new PromptRequest(["dog"], 50, LabelNames.Default)));

        Assert.Contains("only 4 sentences", error.Message);
    }
}
