using ZsMlc.Torch.Filtering;

namespace ZsMlc.Torch.Tests.Filtering;

[TestClass]
public sealed class LabelHierarchyTests
{
    private static readonly LabelHierarchy Animals = new(new Dictionary<string, IReadOnlyList<string>>
    {
        ["cat"] = ["pet", "animal"],
        ["dog"] = ["pet"],
        ["pet"] = ["animal"],
    });

    [TestMethod]
    public void Ancestors_OfAGrandchild_AreGivenOnceNearestFirst() =>
        CollectionAssert.AreEqual(new[] { "pet", "animal" }, Animals.Ancestors("cat").ToArray());

    [TestMethod]
    public void Ancestors_OfAnUnknownLabel_AreEmpty() => Assert.IsEmpty(Animals.Ancestors("bus"));

    [TestMethod]
    public void WithAncestors_TwoChildren_AddsSharedParentsOnce() =>
        CollectionAssert.AreEqual(new[] { "cat", "dog", "pet", "animal" }, Animals.WithAncestors(["cat", "dog"]).ToArray());

    [TestMethod]
    [DataRow("dog", "animal", true)]
    [DataRow("animal", "dog", true)]
    [DataRow("cat", "dog", false)]
    public void Related_Pairs_AreRelatedOnlyAlongTheLine(string a, string b, bool expected) =>
        Assert.AreEqual(expected, Animals.Related(a, b));

    [TestMethod]
    public void Constructor_Cycle_NamesTheLabel()
    {
        var e = Assert.ThrowsExactly<ArgumentException>(() => new LabelHierarchy(new Dictionary<string, IReadOnlyList<string>>
        {
            ["a"] = ["b"],
            ["b"] = ["a"],
        }));
        StringAssert.Contains(e.Message, "'a'");
    }
}
