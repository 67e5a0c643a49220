using ZsMlc.Torch.Filtering;

namespace ZsMlc.Torch.Tests.Filtering;

[TestClass]
public sealed class PseudoLabelsTests
{
    [TestMethod]
    public void Find_RivalsAboveThreshold_AreFoundAndTargetsAreNot() =>
        CollectionAssert.AreEqual(new[] { 1, 3 }, PseudoLabels.Find([0.9f, 0.31f, 0.3f, 0.4f], [0], 0.3f).ToArray());

    [TestMethod]
    public void Find_NothingAboveThreshold_IsEmpty() => Assert.IsEmpty(PseudoLabels.Find([0.9f, 0.1f], [0], 0.3f));
}
