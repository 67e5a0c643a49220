using TorchSharp;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Runtime;
using ZsMlc.Torch.Tests.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Clip;

[TestClass]
public sealed class FoldedConvolutionTests
{
    [TestMethod]
    [DataRow(64, 64, 3, 28, true, DisplayName = "by Winograd's filtering")]
    [DataRow(64, 64, 3, 8, false, DisplayName = "too few tiles for it")]
    [DataRow(64, 256, 1, 28, false, DisplayName = "1×1")]
    public void Rectified_FusedPackedAndPlain_Agree(int inputs, int outputs, int kernel, int side, bool winograd)
    {
        foreach (var type in KernelAssert.Types)
        {
            using var inference = inference_mode();
            using var scope = NewDisposeScope();
            var convolution = nn.Conv2d(inputs, outputs, kernel, padding: kernel / 2, bias: false);
            var norm = nn.BatchNorm2d(outputs);
            norm.running_mean!.uniform_(-1, 1);
            norm.running_var!.uniform_(0.5, 2);
            using FoldedConvolution folded = new(convolution, norm, 1, kernel / 2, type);
            foreach (var batch in new[] { 1, 2, 1, 2 })
            {
                var x = ChannelsLast.Of(randn([batch, inputs, side, side]).to(type));
                var other = ChannelsLast.Of(randn([batch, outputs, side, side]).to(type));
                Assert.AreEqual(winograd && type == ScalarType.Float32, WinogradConvolution.Pays(x, folded.Weights.First(), other));
                folded.Fuses = false;
                var (plain, sum) = (folded.Rectified(x), folded.Rectified(x, other.clone()));

                foreach (var packs in new[] { false, true })
                {
                    (folded.Fuses, folded.Packs) = (true, packs);
                    KernelAssert.Close(plain, folded.Rectified(x), $"{type}, {batch}, {packs}");
                    KernelAssert.Close(sum, folded.Rectified(x, other.clone()), $"sum, {type}, {batch}, {packs}");
                }
            }
        }
    }

    [TestMethod]
    public void Rectified_FirstInInferenceMode_ServesTrainingBehindIt()
    {
        using var scope = NewDisposeScope();
        var (convolution, norm) = (nn.Conv2d(64, 64, 3, padding: 1, bias: false), nn.BatchNorm2d(64));
        foreach (var side in new[] { 28, 4 })
        {
            var x = ChannelsLast.Of(randn(1, 64, side, side));
            using FoldedConvolution folded = new(convolution, norm, 1, 1, ScalarType.Float32) { Fuses = true, Packs = true };
            using (inference_mode())
            {
                folded.Rectified(x);
            }

            var factor = ones(1, requires_grad: true);
            (folded.Rectified(x) * factor).sum().backward();
            var later = x.clone().requires_grad_();
            folded.Rectified(later).sum().backward();

            Assert.AreNotEqual(0f, factor.grad!.item<float>());
            Assert.IsTrue(later.grad!.isfinite().all().item<bool>());
        }
    }

    [TestMethod]
    public void Dispose_AfterEveryKernel_LeavesNoTensor()
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        var (convolution, norm) = (nn.Conv2d(64, 64, 3, padding: 1, bias: false), nn.BatchNorm2d(64));
        var (large, small) = (ChannelsLast.Of(randn(1, 64, 28, 28)), ChannelsLast.Of(randn(1, 64, 4, 4)));
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        using (FoldedConvolution folded = new(convolution, norm, 1, 1, ScalarType.Float32) { Fuses = true, Packs = true })
        {
            folded.Rectified(large).Dispose();
            folded.Rectified(small).Dispose();
            folded.Forward(large).Dispose();
        }

        Assert.AreEqual(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }
}
