using TorchSharp;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Runtime;

[TestClass]
public sealed class RunCacheTests
{
    [TestMethod]
    public void Of_SameCondition_IsComputedOnceAndFreedWithTheRun()
    {
        using var none = no_grad();
        using var layer = nn.Identity();
        using var condition = ones(2);
        var computed = 0;
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

        Tensor? Value(object on) => RunCache.Of(layer, "value", on, () => full(1, (float)++computed));
        using (RunCache.Open())
        {
            using (NewDisposeScope())
            {
                Assert.AreSame(Value(condition), Value(condition));
            }

            Assert.AreEqual(1, Value(condition)!.item<float>(), "it outlives the scope of its step");
            using var equal = condition.clone();
            Assert.AreEqual(2, Value(equal)!.item<float>(), "an equal tensor is another");
            Assert.AreSame(Value((2L, 3L)), Value((2L, 3L)));
            Assert.AreEqual(3, computed);
            RunCache.Clear();
            Assert.AreEqual(4, Value((2L, 3L))!.item<float>(), "what was freed is computed anew");
        }

        Assert.AreEqual(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [TestMethod]
    public void Of_NothingToKeep_AsksOnce()
    {
        using var none = no_grad();
        using var layer = nn.Identity();
        using var run = RunCache.Open();
        var asked = 0;

        Tensor? Nothing()
        {
            asked++;
            return null;
        }

        Assert.IsNull(RunCache.Of(layer, "value", 0, Nothing));
        Assert.IsNull(RunCache.Of(layer, "value", 0, Nothing));
        Assert.AreEqual(1, asked);
    }

    [TestMethod]
    public void Of_OutsideOfARunOrWithGradients_KeepsNothing()
    {
        using var layer = nn.Identity();
        using (no_grad())
        {
            Assert.IsNull(RunCache.Of(layer, "value", 0, () => ones(1)));
        }

        using var run = RunCache.Open();
        Assert.IsFalse(RunCache.IsOpen);
        Assert.IsNull(RunCache.Of(layer, "value", 0, () => ones(1)));
        using (no_grad())
        {
            Assert.IsTrue(RunCache.IsOpen);
            var elsewhere = true;
            var thread = new Thread(() =>
            {
                using var noneThere = no_grad();
                elsewhere = RunCache.IsOpen;
            });
            thread.Start();
            thread.Join();
            Assert.IsFalse(elsewhere, "another thread has its own");
        }
    }
}
