using ZsMlc.MLNet.SyntheticData.Prompts.Reading;

namespace ZsMlc.MLNet.Tests.SyntheticData.Prompts.Reading;

[TestClass]
public sealed class PromptCleanerTests
{
    [TestMethod]
    public void Lines_NumberedAnswerWithTalk_KeepsTheList() => CollectionAssert.AreEqual(
        new[] { "A dog next to a cup.", "A cup on a table.", "The cat's bowl." },
        PromptCleaner.Lines(" Of course! Here are 3:\n1. A dog next to a cup.\n2) \"A cup on a table.\"\n\n 3: The cat's bowl.\n\nI hope these help!").ToArray());

    [TestMethod]
    [DataRow("- A dog.", "A dog.")]
    [DataRow("* **A dog.**", "A dog.")]
    [DataRow("“A dog.”", "A dog.")]
    [DataRow("\"A dog.\",", "A dog.")]
    [DataRow("a) A dog.", "A dog.")]
    [DataRow("(1) A dog.", "A dog.")]
    [DataRow("A\u0007 dog \t here.", "A dog here.")]
    [DataRow("A 'dog' with \"name\"", "A 'dog' with \"name\"")]
    [DataRow("2 dogs and a cat.", "2 dogs and a cat.")]
    [DataRow("Caption 1: A dog.", "A dog.")]
    [DataRow("**Caption 2:** A dog.", "A dog.")]
    [DataRow("**At the beach:** A dog.", "A dog.")]
    [DataRow("Photo #3 – A dog.", "A dog.")]
    [DataRow("Photo of a dog.", "Photo of a dog.")]
    [DataRow("A dog sits by a cup. (12 words)", "A dog sits by a cup.")]
    public void Lines_OneLine_IsStrippedOfDecoration(string line, string expected) =>
        CollectionAssert.AreEqual(new[] { expected }, PromptCleaner.Lines(line).ToArray());

    [TestMethod]
    public void Lines_Fences_AreLeftOut() => CollectionAssert.AreEqual(
        new[] { "A dog." }, PromptCleaner.Lines("```text\nA dog.\n```").ToArray());

    [TestMethod]
    public void Lines_Blank_IsEmpty() => Assert.IsEmpty(PromptCleaner.Lines(" \n\t\n"));
}
