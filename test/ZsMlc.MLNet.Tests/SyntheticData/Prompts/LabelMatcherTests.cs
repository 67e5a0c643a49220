using ZsMlc.MLNet.SyntheticData.Prompts;

namespace ZsMlc.MLNet.Tests.SyntheticData.Prompts;

[TestClass]
public sealed class LabelMatcherTests
{
    [TestMethod]
    [DataRow("Two buses wait.", "bus")]
    [DataRow("Sharp knives on a board.", "knife")]
    [DataRow("The dog's bowl.", "dog")]
    [DataRow("The couches are red.", "couch")]
    [DataRow("A young fairy tale with two puppies.", "dog")]
    [DataRow("A silver air plane.", "airplane")]
    [DataRow("A traffic-light at night.", "traffic light")]
    [DataRow("A sandy shore.", "sand")]
    [DataRow("Cities at night.", "city")]
    [DataRow("A sofa.", "couch")]
    [DataRow("A small hot dog on a plate.", "hot dog")]
    [DataRow("A Border Collie runs.", "dog")]
    [DataRow("Protesters hold banners.", "protest")]
    public void Missing_LabelNamed_IsEmpty(string sentence, string label) =>
        Assert.IsEmpty(LabelMatcher.Missing(sentence, [label], LabelNames.Default));

    [TestMethod]
    [DataRow("A friend tied a rope.", "tie")]
    [DataRow("A tie-dye shirt.", "tie")]
    [DataRow("A cake-shaped helmet.", "cake")]
    [DataRow("A hot dog on a plate.", "dog")]
    [DataRow("A bookshelf by the wall.", "book")]
    [DataRow("A bustling street.", "bus")]
    [DataRow("A bird's-eye view of a town.", "bird")]
    [DataRow("A party in the garden.", "part")]
    [DataRow("A rider waits at the bus stop.", "bus")]
    [DataRow("A keyboard warrior's dream.", "computer keyboard")]
    [DataRow("", "dog")]
    public void Missing_LabelNotNamed_IsReported(string sentence, string label) =>
        CollectionAssert.AreEqual(new[] { label }, LabelMatcher.Missing(sentence, [label], LabelNames.Default).ToArray());

    [TestMethod]
    public void Missing_OneMentionForTwoLabels_ServesTheLongerNameOnly() =>
        CollectionAssert.AreEqual(new[] { "dog" }, LabelMatcher.Missing("A hot dog.", ["dog", "hot dog"], LabelNames.None).ToArray());
}
