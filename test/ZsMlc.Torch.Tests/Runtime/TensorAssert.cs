using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Runtime;

/// <summary>What tensors are, and what becomes of them.</summary>
internal static class TensorAssert
{
    /// <summary>All values differ by a limit at most; one that is no number does not.</summary>
    public static void Within(double limit, Tensor expected, Tensor actual, string what = "")
    {
        using var scope = NewDisposeScope();
        CollectionAssert.AreEqual(expected.shape, actual.shape, what);
        var difference = (expected.to(ScalarType.Float64) - actual.to(ScalarType.Float64)).abs().max().item<double>();
        Assert.IsTrue(difference <= limit, $"They differ by {difference}, {limit} is allowed. {what}");
    }

    /// <summary>No tensor is left by some work, which has run before, so that what is kept on purpose is there already.</summary>
    public static void NoneIsLeftBy(Action work)
    {
        // The count is the process's: what other tests left to the collector goes first, so that none of it hides a tensor of ours.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = Tensor.TotalCount;

        work();

        Assert.IsLessThanOrEqualTo(before, Tensor.TotalCount);
    }
}
