using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Runtime;

/// <summary>What becomes of tensors.</summary>
internal static class TensorAssert
{
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
