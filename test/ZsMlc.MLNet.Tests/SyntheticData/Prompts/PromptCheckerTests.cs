using ZsMlc.MLNet.SyntheticData.Prompts;

namespace ZsMlc.MLNet.Tests.SyntheticData.Prompts;

[TestClass]
public sealed class PromptCheckerTests
{
    private readonly PromptChecker checker = new(["dog", "cup"], LabelNames.Default, minimumWords: 6);

    [TestMethod]
    [DataRow("A brown dog next to a cup.", PromptFault.None)]
    [DataRow("Dog and cup.", PromptFault.TooShort)]
    [DataRow("A brown dog lies on the floor.", PromptFault.LabelMissing)]
    [DataRow("Here are pictures of a dog and a cup:", PromptFault.MetaTalk)]
    [DataRow("<html><body>A dog next to a cup</body></html>", PromptFault.NotADescription)]
    [DataRow("{\"text\": \"a dog next to a cup here\"}", PromptFault.NotADescription)]
    [DataRow("I hope these help with your dog and your cup!", PromptFault.MetaTalk)]
    public void Check_Line_FindsTheFault(string line, object expected) => Assert.AreEqual(expected, checker.Check(line));

    [TestMethod]
    public void Check_SameSentenceTwice_IsADuplicate()
    {
        checker.Check("A brown dog next to a cup.");
        Assert.AreEqual(PromptFault.Duplicate, checker.Check("a brown dog next to a CUP"));
    }

    [TestMethod]
    public void Check_EndlessSentence_IsTooLong() =>
        Assert.AreEqual(PromptFault.TooLong, checker.Check("A dog next to a cup" + string.Concat(Enumerable.Repeat(" and more", 40))));
}
