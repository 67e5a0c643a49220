using MicroWorld.Evaluation;
using ZsMlc.MicroModels;

namespace ZsMlc.Samples.Tests.MicroWorld;

[TestClass]
public sealed class ScoreFiguresTests
{
    [TestMethod]
    public void Of_TwoPictures_TellsKindsApart()
    {
        // Both pictures show the first seen label, neither anything unseen; unseen labels are scored 0.2, seen ones as they should be.
        var world = ZeroShotModels.Micro;
        var (labels, unseen, shown) = (world.Seen.Count + world.Unseen.Count, world.Unseen.Count, world.Seen[0]);
        float[] scores = [.. Enumerable.Range(0, 2 * labels).Select(i => i % labels is var c && c < unseen ? 0.2f : c == unseen ? 1 : 0)];

        var high = ScoreFigures.Of(scores, [[shown], [shown]], [.. Enumerable.Repeat(0.5, labels)]);
        var low = ScoreFigures.Of(scores, [[shown], [shown]], [.. Enumerable.Repeat(0.1, labels)]);

        Assert.AreEqual((0.0, 100.0, 100.0, 0.0), (high.SeenError, high.Precision, high.Recall, high.FalseTags));
        Assert.AreEqual(20, high.UnseenError, 1e-4);
        Assert.AreEqual((100.0, (double)unseen), (low.Recall, low.FalseTags));
        Assert.AreEqual(100.0 / (1 + unseen), low.Precision, 1e-9);
        Assert.HasCount(ScoreFigures.Names.Count, low.Values);
    }
}
