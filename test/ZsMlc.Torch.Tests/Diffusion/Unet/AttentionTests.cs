using TorchSharp;
using ZsMlc.Torch.Diffusion.Unet;
using ZsMlc.Torch.Runtime;
using ZsMlc.Torch.Tests.Kernels;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion.Unet;

[TestClass]
public sealed class AttentionTests
{
    [TestMethod]
    [DataRow(false, 0, 10, DisplayName = "self")]
    [DataRow(false, 1, 10, DisplayName = "self, a head at a time")]
    [DataRow(true, 0, 10, DisplayName = "text")]
    [DataRow(true, 3, 10, DisplayName = "text, three heads at a time")]
    [DataRow(false, 0, 4, DisplayName = "few positions")]
    [DataRow(true, 3, 4, DisplayName = "few positions and a text, three heads at a time")]
    public void Forward_InARun_AgreesWithThePlainWay(bool hasContext, int slice, int positions)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        foreach (var type in KernelAssert.Types)
        {
            using var attention = new Attention(32, hasContext ? 24 : 32, heads: 4) { Slice = slice };
            attention.to(type);
            var x = randn(2, positions, 32).to(type);
            var context = hasContext ? randn(2, 7, 24).to(type) : null;
            var plain = attention.forward(x, context, x);

            using var run = RunCache.Open();
            for (var step = 0; step < 2; step++)
            {
                KernelAssert.Close(plain, attention.forward(x, context, x), $"{type}, step {step}");
            }
        }
    }

    [TestMethod]
    public void Forward_ManyStepsOfARun_LeavesNoTensorsBehind()
    {
        using var inference = inference_mode();
        using var outer = NewDisposeScope();
        using var attention = new Attention(32, 32, heads: 4);
        attention.to(KernelAssert.Types[^1]);
        var x = randn(2, 10, 32).to(KernelAssert.Types[^1]);
        using var run = RunCache.Open();
        attention.forward(x, null, x).Dispose();
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

        for (var step = 0; step < 50; step++)
        {
            attention.forward(x, null, x).Dispose();
        }

        Assert.AreEqual(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }
}
