using ZsMlc.MLNet.SyntheticData.Prompts;
using ZsMlc.MLNet.SyntheticData.Prompts.Words;

namespace ZsMlc.MLNet.Tests.SyntheticData.Prompts;

[TestClass]
public sealed class PromptGrammarTests
{
    [TestMethod]
    [DataRow("dog", "cup")]
    [DataRow("airplane", "airplane")]
    [DataRow("scissors", "snow")]
    public void Generate_FiveHundredForAPair_AreDistinctUsableSentences(string a, string b)
    {
        string[] labels = a == b ? [a] : [a, b];
        var checker = new PromptChecker(labels, LabelNames.None, minimumWords: 10);
        var prompts = PromptGrammar.Generate(labels, 500, seed: 1);
        Assert.HasCount(500, prompts);
        foreach (var prompt in prompts)
        {
            Assert.AreEqual(PromptFault.None, checker.Check(prompt), prompt);
        }
    }

    [TestMethod]
    public void Generate_SameSeed_IsTheSame() => CollectionAssert.AreEqual(
        PromptGrammar.Generate(["dog"], 20, 5).ToArray(), PromptGrammar.Generate(["dog"], 20, 5).ToArray());

    [TestMethod]
    public void Generate_OtherSeed_Differs() => CollectionAssert.AreNotEqual(
        PromptGrammar.Generate(["dog"], 20, 5).ToArray(), PromptGrammar.Generate(["dog"], 20, 6).ToArray());

    [TestMethod]
    public void Generate_MoreThanTheGrammarHas_Throws() =>
        Assert.ThrowsExactly<ArgumentException>(() => PromptGrammar.Generate(["dog"], 1_000_000, 1));

    [TestMethod]
    [DataRow("bus", "", "a bus")]
    [DataRow("bus", "old ", "an old bus")]
    [DataRow("airplane", "", "an airplane")]
    [DataRow("uniform", "", "a uniform")]
    [DataRow("scissors", "", "scissors")]
    [DataRow("snow", "", "snow")]
    public void WithArticle_Noun_ReadsAsEnglish(string noun, string adjective, string expected) =>
        Assert.AreEqual(expected, NounForms.WithArticle(noun, adjective));
}
