using ZsMlc.MLNet.SyntheticData.Prompts;

namespace ZsMlc.MLNet.Tests.SyntheticData.Prompts;

[TestClass]
public sealed class PromptStatisticsTests
{
    [TestMethod]
    public void Of_Prompts_CountsWhatPassesAndWhatNamesItsLabels()
    {
        var result = PromptStatistics.Of(
            [
                (["dog", "cup"], ["A dog sits by a cup.", "A dog sits by a cup.", "A dog sleeps on the grass.", "I'm sorry, but a dog and a cup are too much."]),
                (["cat"], []),
            ],
            LabelNames.Default);
        Assert.AreEqual((1, 4), (result.Sets, result.Lines));
        Assert.AreEqual(0.25, result.PassRate);
        Assert.AreEqual(0.75, result.NamingEveryLabel);
        Assert.AreEqual((6 + 6 + 6 + 11) / 4.0, result.MeanWords);
    }

    [TestMethod]
    public void Of_NoPrompts_Throws() => Assert.ThrowsExactly<ArgumentException>(() => PromptStatistics.Of([(["dog"], [])], LabelNames.None));

    [TestMethod]
    public void Distinct2_RepeatedPairs_IsTheirShare() =>
        Assert.AreEqual(3 / 4.0, Diversity.Distinct2([["a", "dog", "runs"], ["a", "dog", "sits"]]));

    [TestMethod]
    public void SelfBleu_EqualSentences_IsOne() =>
        Assert.AreEqual(1, Diversity.SelfBleu([["a", "dog", "sits", "here"], ["a", "dog", "sits", "here"]]), 1e-12);

    [TestMethod]
    public void Bleu_KnownExample_IsTheGeometricMean()
    {
        // Precisions 5/6, 3/5, 1/4 and none of 3 (0.1/3); equally long, so no penalty.
        var bleu = Diversity.Bleu(["the", "cat", "is", "on", "the", "mat"], [["the", "cat", "sat", "on", "the", "mat"]]);
        Assert.AreEqual(Math.Pow(5 / 6.0 * (3 / 5.0) * (1 / 4.0) * (0.1 / 3), 0.25), bleu, 1e-12);
    }

    [TestMethod]
    public void Bleu_ShorterThanItsReference_IsPenalized() =>
        Assert.AreEqual(Math.Exp(1 - 4 / 2.0), Diversity.Bleu(["a", "dog"], [["a", "dog", "sits", "here"]]), 1e-12);
}
