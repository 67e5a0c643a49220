using TorchSharp;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Kernels;
using ZsMlc.Torch.Runtime;
using ZsMlc.Torch.Tests.Kernels;
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
    [DataRow(64, 64, 3, 28, true, true, DisplayName = "by Winograd's filtering")]
    [DataRow(40, 64, 3, 28, true, false, DisplayName = "forward alone by the filtering")]
    [DataRow(64, 64, 3, 8, false, false, DisplayName = "too few tiles for it")]
    [DataRow(64, 256, 1, 28, false, false, DisplayName = "1×1")]
    [DataRow(64, 12, 1, 28, false, false, DisplayName = "too few channels for masks")]
    public void Rectified_WhereGradientsFlow_HasThePlainWaysGradients(int inputs, int outputs, int kernel, int side, bool forward, bool backward)
    {
        using var scope = NewDisposeScope();
        var (convolution, norm) = (nn.Conv2d(inputs, outputs, kernel, padding: kernel / 2, bias: false), nn.BatchNorm2d(outputs));
        using FoldedConvolution folded = new(convolution, norm, 1, kernel / 2, ScalarType.Float32);

        // Sums stay away from 0, on whose two sides the ways could round.
        var (x, other, weights) = (ChannelsLast.Of(randn(2, inputs, side, side)), 10 * ChannelsLast.Of(randn(2, outputs, side, side)).sign(), randn(2, outputs, side, side));
        Assert.AreEqual(forward, WinogradConvolution.Pays(x, folded.Weights.First(), other));
        Assert.AreEqual(backward, WinogradConvolution.Pays(other, folded.Weights.First().transpose(0, 1)));
        foreach (var (learnsX, learnsOther) in new[] { (true, true), (true, false), (false, true) })
        {
            (Tensor Result, Tensor?[] Gradients) Run(bool fuses)
            {
                folded.Fuses = fuses;
                var (input, added) = (x.detach().requires_grad_(learnsX), other.detach().requires_grad_(learnsOther));
                var result = folded.Rectified(input, added.alias());
                GradientFunction.Backward((result * weights).sum());
                return (result, [input.grad, added.grad]);
            }

            var (plain, ours) = (Run(false), Run(true));
            KernelAssert.Close(plain.Result, ours.Result, "result");
            foreach (var (expected, actual) in plain.Gradients.Zip(ours.Gradients))
            {
                Assert.AreEqual(expected is null, actual is null);
                if (expected is not null)
                {
                    KernelAssert.Close(expected, actual!, $"gradient, {learnsX}, {learnsOther}");
                }
            }
        }
    }

    [TestMethod]
    public void RectifiedAndForward_WhereGradientsFlowInEachType_HaveThePlainWaysGradients()
    {
        foreach (var type in KernelAssert.Types)
        {
            using var scope = NewDisposeScope();
            var (convolution, norm) = (nn.Conv2d(32, 64, 1, bias: false), nn.BatchNorm2d(64));
            using FoldedConvolution folded = new(convolution, norm, 1, 0, type);
            var (x, weights) = (ChannelsLast.Of(randn(2, 32, 12, 12).to(type)), randn(2, 64, 12, 12).to(type));
            foreach (var layer in new[] { folded.Forward, (Func<Tensor, Tensor>)folded.Rectified })
            {
                Tensor Gradient(bool fuses)
                {
                    folded.Fuses = fuses;
                    var input = x.detach().requires_grad_();
                    GradientFunction.Backward((layer(input) * weights).sum());
                    return input.grad!;
                }

                KernelAssert.Close(Gradient(false), Gradient(true), $"{type}");
            }
        }
    }

    [TestMethod]
    public void Rectified_WhereGradientsFlow_LeavesNoTensor()
    {
        using var scope = NewDisposeScope();
        var (convolution, norm) = (nn.Conv2d(64, 64, 3, padding: 1, bias: false), nn.BatchNorm2d(64));
        using FoldedConvolution folded = new(convolution, norm, 1, 1, ScalarType.Float32) { Fuses = true };
        var x = ChannelsLast.Of(randn(1, 64, 28, 28)).requires_grad_();
        void Step()
        {
            using var step = NewDisposeScope();
            GradientFunction.Backward(folded.Rectified(folded.Rectified(x)).sum());
            x.grad!.zero_();
        }

        Step();
        TensorAssert.NoneIsLeftBy(() =>
        {
            for (var i = 0; i < 5; i++)
            {
                Step();
            }
        });
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
