using TorchSharp;
using ZsMlc.Torch.Kernels;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace ZsMlc.Torch.Tests.Kernels;

[TestClass]
public sealed class PackedWeightsTests
{
    [TestMethod]
    [DataRow(4, 160, 3, 1, 32)]
    [DataRow(320, 160, 1, 1, 32)]
    [DataRow(160, 160, 3, 2, 32)]
    [DataRow(640, 320, 3, 1, 16)]
    [DataRow(1280, 640, 3, 1, 4)]
    [DataRow(160, 4, 3, 1, 32)]
    public void Convolution_LayersOfADenoiser_AgreeWithThePlainWay(int inputs, int outputs, int kernel, int stride, int side)
    {
        foreach (var type in KernelAssert.Types)
        {
            using var inference = inference_mode();
            using var scope = NewDisposeScope();
            using var generator = new Generator(1, CPU);
            var x = ChannelsLast.Of(randn([2, inputs, side, side], generator: generator).to(type));
            var weight = (randn([outputs, inputs, kernel, kernel], generator: generator) / Math.Sqrt(inputs * kernel * kernel)).to(type);
            var bias = randn([outputs], generator: generator).to(type);
            var padding = kernel / 2;
            var plain = conv2d(x, weight, bias, strides: [stride, stride], padding: [padding, padding]);
            var residual = ChannelsLast.Of(randn(plain.shape, generator: generator).to(type));

            var packed = PackedWeights.Convolution(weight, stride, padding, x.shape);

            Assert.IsNotNull(packed, "this libtorch packs weights");
            KernelAssert.Close(plain, FusedKernels.Convolution(x, packed, bias, stride, padding, FusedActivation.None));
            KernelAssert.Close(plain + residual, FusedKernels.Convolution(x, packed, bias, stride, padding, residual));
            var smaller = x.narrow(0, 0, 1).narrow(2, 0, side / 2).contiguous();
            KernelAssert.Close(conv2d(smaller, weight, bias, strides: [stride, stride], padding: [padding, padding]), FusedKernels.Convolution(ChannelsLast.Of(smaller), packed, bias, stride, padding, FusedActivation.None));
        }
    }

    [TestMethod]
    public void Convolution_ManyTimes_OwnsEveryHandleOnce()
    {
        using var inference = inference_mode();
        using var weight = randn(8, 8, 3, 3);
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (var i = 0; i < 1000; i++)
        {
            PackedWeights.Convolution(weight, 1, 1, [1, 8, 4, 4])!.Dispose();
        }

        Assert.AreEqual(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        Assert.IsTrue(weight.isfinite().all().item<bool>(), "the weight is still whole");
    }

    [TestMethod]
    public void Convolution_GradientOrAnotherType_IsNotPacked()
    {
        using var scope = NewDisposeScope();
        Assert.IsNull(PackedWeights.Convolution(randn(8, 8, 3, 3).requires_grad_(), 1, 1, [1, 8, 4, 4]));
        Assert.IsNull(PackedWeights.Convolution(randn([8, 8, 3, 3], ScalarType.Float64), 1, 1, [1, 8, 4, 4]));
        Assert.IsNull(PackedWeights.Convolution(randn([8, 8, 3, 3], device: META), 1, 1, [1, 8, 4, 4]));
        Assert.IsNull(PackedWeights.Linear(randn(8, 8).requires_grad_()));
    }
}
