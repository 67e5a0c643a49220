using ZsMlc.Torch.Filtering;

namespace ZsMlc.Torch.Tests.Filtering;

[TestClass]
public sealed class KeepRuleTests
{
    [TestMethod]
    public void Keep_EveryTargetAboveThreshold_IsTrue() => Assert.IsTrue(KeepRule.Default.Keep([0.9f, 0.1f, 0.6f], [0, 2]));

    [TestMethod]
    public void Keep_OneTargetAtTheThreshold_IsFalse() => Assert.IsFalse(KeepRule.Default.Keep([0.9f, 0.1f, 0.5f], [0, 2]));

    [TestMethod]
    public void Keep_LowThresholdAndRivalAhead_IsFalse() => Assert.IsFalse(new KeepRule(0.1f).Keep([0.3f, 0.4f, 0.2f], [0]));

    [TestMethod]
    public void Keep_LowThresholdAndRivalTied_IsFalse() => Assert.IsFalse(new KeepRule(0.1f).Keep([0.3f, 0.3f], [0]));

    [TestMethod]
    public void Keep_LowThresholdAndTargetAhead_IsTrue() => Assert.IsTrue(new KeepRule(0.1f).Keep([0.3f, 0.29f], [0]));

    [TestMethod]
    public void Keep_NaN_IsFalse() => Assert.IsFalse(KeepRule.Default.Keep([float.NaN, 0f], [0]));

    [TestMethod]
    public void Keep_NoTarget_Throws() => Assert.ThrowsExactly<ArgumentException>(() => KeepRule.Default.Keep([1f], []));

    [TestMethod]
    public void Keep_TargetOutOfRange_Throws() =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => KeepRule.Default.Keep([1f], [1]));

    [TestMethod]
    public void Recognised_TiedLabels_AreGivenOnceEach() =>
        CollectionAssert.AreEqual(new[] { 1, 2 }, KeepRule.Default.Recognised([0f, 1f, 1f, 0.7f], 2).ToArray());

    [TestMethod]
    public void Recognised_LowValues_AreLeftOut() =>
        CollectionAssert.AreEqual(new[] { 3 }, KeepRule.Default.Recognised([0.1f, 0.5f, 0.2f, 0.51f], 3).ToArray());
}
