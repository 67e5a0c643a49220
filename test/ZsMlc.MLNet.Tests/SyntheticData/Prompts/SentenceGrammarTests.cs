using ZsMlc.MLNet.SyntheticData.Prompts;

namespace ZsMlc.MLNet.Tests.SyntheticData.Prompts;

[TestClass]
public sealed class SentenceGrammarTests
{
    private static readonly PromptScene s_hill = new("A photo of", "", "on a snowy hillside", "at dawn", "next to");

    [TestMethod]
    public void Of_TwoLabels_NamesBothInTheirOrderAndThePlace() => StringAssert.Matches(
        Rule(SentenceGrammar.Of(["dog", "hot dog"], [s_hill], 10), "root"),
        new(@"^\(""A"" "" dog"" \| .*\) verb "" next to"" .*"" hot dog""\) "" on a snowy hillside"" "" at dawn""\? ""\.""$"));

    [TestMethod]
    public void Of_NounThatBeginsWithAVowel_TakesItsArticle() =>
        Assert.Contains("(\"An\" \" umbrella\" | \"A\" consonant1", Rule(SentenceGrammar.Of(["umbrella", "dog"], [s_hill], 10), "root"));

    [TestMethod]
    [DataRow("scissors", "\"A pair of\" (consonant1 | vowel1) \" scissors\"")]
    [DataRow("birds", "(\"Some\" | \"Several\") (consonant1 | vowel1) \" birds\"")]
    [DataRow("bread", "\"Some\" (consonant1 | vowel1) \" bread\"")]
    [DataRow("sunset", "\"The\" \" sunset\"")]
    public void Of_NounThatIsNotCounted_BeginsOtherwise(string label, string expected) =>
        Assert.StartsWith(expected, Rule(SentenceGrammar.Of([label], [s_hill], 10), "root"));

    [TestMethod]
    [DataRow("dog", "(\" sits\" | \" lies\" | \" stands\" | \" rests\" | \" sleeps\" | \" waits\")")]
    [DataRow("birds", "(\" sit\" | \" stand\" | \" rest\" | \" wait\")")]
    [DataRow("skis", "(\" lie\" | \" rest\" | \" have been left\" | \" have been placed\")")]
    [DataRow("zeppelins", "(\" can be seen\" | \" are visible\" | \" are\")")]
    public void Of_Label_HasVerbsOfItsKindInItsNumber(string label, string expected) =>
        Assert.AreEqual(expected, Rule(SentenceGrammar.Of([label], [s_hill], 10), "verb"));

    [TestMethod]
    public void Of_SeveralScenes_AreNumberedLines() => StringAssert.Matches(
        Rule(SentenceGrammar.Of(["dog"], [s_hill, s_hill with { Place = "by a lake" }], 10), "root"),
        new(@"""1\. "".*"" on a snowy hillside"".*""\\n"" ""2\. "".*"" by a lake"""));

    [TestMethod]
    public void Of_LabelWithAQuotationMark_IsEscaped() => Assert.Contains("\" 12\\\" record\"", SentenceGrammar.Of(["12\" record"], [s_hill], 10));

    private static string Rule(string grammar, string name) =>
        grammar.Split('\n').Single(line => line.StartsWith($"{name} ::= ", StringComparison.Ordinal))[$"{name} ::= ".Length..];
}
