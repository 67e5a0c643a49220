using MicroWorld.Evaluation;

namespace ZsMlc.Samples.Tests.MicroWorld;

[TestClass]
public sealed class SyntheticPoolTests
{
    [TestMethod]
    public void Choose_UnevenPool_TakesHalfOfEachNumberOfObjects()
    {
        var pool = Pool(ones: 20, twos: 5);

        var chosen = SyntheticPool.Choose(pool, 8, seed: 1);

        Assert.HasCount(4, chosen.Where(e => e.Labels.Count == 1));
        Assert.HasCount(4, chosen.Where(e => e.Labels.Count == 2));
        Assert.HasCount(8, chosen.Distinct());
        CollectionAssert.AreEqual(chosen.ToArray(), SyntheticPool.Choose(pool, 8, seed: 1).ToArray());
        CollectionAssert.AreNotEqual(chosen.ToArray(), SyntheticPool.Choose(pool, 8, seed: 2).ToArray());
    }

    [TestMethod]
    public void Choose_TooFewOfTwoObjects_SaysHowMany() =>
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => SyntheticPool.Choose(Pool(ones: 20, twos: 3), 8, seed: 1)).Message, "3 pictures with 2 label(s), and 4");

    private static Example[] Pool(int ones, int twos) =>
        [.. Enumerable.Range(0, ones + twos).Select(i => new Example([], i < ones ? ["dog"] : ["dog", "cup"], Annotated.Unseen))];
}
