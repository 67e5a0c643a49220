using ZsMlc.MLNet.SyntheticData.Prompts;

namespace ZsMlc.MLNet.Tests.SyntheticData.Prompts;

[TestClass]
public sealed class SentenceGrammarTests
{
    private static readonly PromptScene s_hill = new("A photo of", "", "on a snowy hillside", "at dawn", "next to");

    [TestMethod]
    public void Of_TwoLabels_NamesBothInTheirOrderAndThePlace()
    {
        var root = Root(SentenceGrammar.Of(["dog", "hot dog"], [s_hill], 10));
        StringAssert.Matches(root, new(@"^root ::= \(""A"" "" dog"" .* verb "" next to"" .*"" hot dog""\) "" on a snowy hillside"" "" at dawn""\? ""\.""$"));
    }

    [TestMethod]
    public void Of_NounThatBeginsWithAVowel_TakesItsArticle() => StringAssert.Contains(Root(SentenceGrammar.Of(["umbrella", "dog"], [s_hill], 10)), "(\"An\" \" umbrella\" | \"A\" consonant");

    [TestMethod]
    public void Of_NounWithoutArticle_BeginsOtherwise() => StringAssert.Contains(Root(SentenceGrammar.Of(["scissors"], [s_hill], 10)), "(\"Some\" | \"The\") word \" scissors\"");

    [TestMethod]
    public void Of_SeveralScenes_AreNumberedLines()
    {
        var root = Root(SentenceGrammar.Of(["dog"], [s_hill, s_hill with { Place = "by a lake" }], 10));
        StringAssert.Matches(root, new(@"""1\. "".*"" on a snowy hillside"".*""\\n"" ""2\. "".*"" by a lake"""));
    }

    [TestMethod]
    public void Of_LabelWithAQuotationMark_IsEscaped() => StringAssert.Contains(SentenceGrammar.Of(["12\" record"], [s_hill], 10), "\" 12\\\" record\"");

    private static string Root(string grammar) => grammar.Split('\n').Single(line => line.StartsWith("root ::=", StringComparison.Ordinal)).TrimEnd('\r');
}
