using TorchSharp;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Kernels;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace ZsMlc.Torch.Tests.Kernels;

[TestClass]
public sealed class FusedKernelsTests
{
    public static IEnumerable<object[]> Networks => [["RN50", ClipConfig.RN50], ["RN101", ClipConfig.RN101], ["RN50x4", ClipConfig.RN50x4]];

    [TestMethod]
    [DynamicData(nameof(Networks))]
    public void Convolution_EveryLayerOfAResNet_AgreesWithThePlainWay(string name, ClipConfig config)
    {
        Assert.IsNotEmpty(KernelAssert.Types, "this processor has fused kernels in single precision at least");
        using var inference = inference_mode();
        foreach (var (inputs, outputs, kernel, stride, side) in Convolutions(config.Vision).Distinct())
        {
            foreach (var type in KernelAssert.Types)
            {
                using var scope = NewDisposeScope();
                using var generator = new Generator(1, CPU);
                var x = ChannelsLast.Of(randn([1, inputs, side, side], generator: generator).to(type));
                var weight = ChannelsLast.Of((randn([outputs, inputs, kernel, kernel], generator: generator) / Math.Sqrt(inputs * kernel * kernel)).to(type));
                var bias = randn([outputs], generator: generator).to(type);
                var padding = kernel / 2;
                var plain = conv2d(x, weight, bias, strides: [stride, stride], padding: [padding, padding]);
                var other = ChannelsLast.Of(randn(plain.shape, generator: generator).to(type));
                var layer = $"{name}: {inputs} to {outputs}, {kernel}×{kernel}, stride {stride}, {side}², {type}";

                KernelAssert.Close(plain, FusedKernels.Convolution(x, weight, bias, stride, padding, FusedActivation.None), layer);
                KernelAssert.Close(plain.relu(), FusedKernels.Convolution(x, weight, bias, stride, padding, FusedActivation.Relu), layer);
                var sum = (plain + other).relu();
                Assert.IsTrue(FusedKernels.AddConvolution(other, x, weight, bias, stride, padding, FusedActivation.Relu), layer);
                KernelAssert.Close(sum, other, layer);
            }
        }
    }

    [TestMethod]
    [DataRow(768, 2304)]
    [DataRow(768, 768)]
    [DataRow(768, 3072)]
    [DataRow(3072, 768)]
    public void Linear_EveryLayerOfViTB32_AgreesWithThePlainWay(int inputs, int outputs)
    {
        using var inference = inference_mode();
        foreach (var type in KernelAssert.Types)
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator(1, CPU);
            var x = randn([2, 50, inputs], generator: generator).to(type);
            var weight = (randn([outputs, inputs], generator: generator) / Math.Sqrt(inputs)).to(type);
            var bias = randn([outputs], generator: generator).to(type);
            var other = randn([2, 50, outputs], generator: generator).to(type);
            var packed = PackedWeights.Linear(weight);
            Assert.IsNotNull(packed);
            var plain = linear(x, weight, bias);
            foreach (var w in new[] { weight, packed })
            {
                KernelAssert.Close(plain, FusedKernels.Linear(x, w, bias, FusedActivation.None), $"{type}");
                KernelAssert.Close(plain.relu(), FusedKernels.Linear(x, w, bias, FusedActivation.Relu), $"relu, {type}");
                KernelAssert.Close(gelu(plain), FusedKernels.Linear(x, w, bias, FusedActivation.Gelu), $"gelu, {type}");
                KernelAssert.Close(silu(plain), FusedKernels.Linear(x, w, bias, FusedActivation.Swish), $"swish, {type}");
                KernelAssert.Close(plain + other, FusedKernels.Linear(x, w, bias, other), $"sum, {type}");
                KernelAssert.Close(plain * other, FusedKernels.GatedLinear(x, w, bias, other), $"product, {type}");
            }
        }
    }

    [TestMethod]
    public void Linear_ManyTimes_OwnsEveryHandleOnce()
    {
        using var inference = inference_mode();
        using var x = randn(3, 8);
        using var weight = randn(8, 8);
        using var bias = randn(8);
        using var map = ChannelsLast.Of(randn(1, 8, 4, 4));
        using var kernel = ChannelsLast.Of(randn(8, 8, 1, 1));
        using var other = ChannelsLast.Of(randn(1, 8, 4, 4));
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (var i = 0; i < 100; i++)
        {
            using var scope = NewDisposeScope();
            using var packed = PackedWeights.Linear(weight)!;
            FusedKernels.Linear(x, packed, bias, x);
            FusedKernels.Linear(x, weight, bias, FusedActivation.Gelu)!.Dispose();
            FusedKernels.Convolution(map, kernel, bias, 1, 0, FusedActivation.Relu);
            FusedKernels.AddConvolution(other, map, kernel, bias, 1, 0, FusedActivation.Relu);
        }

        Assert.AreEqual(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        Assert.IsTrue(other.isfinite().all().item<bool>(), "the sum is still whole");
        Assert.AreEqual(8, weight.shape[0]);
    }

    [TestMethod]
    public void Linear_GradientOrAnotherType_LeavesItToThePlainWay()
    {
        using var scope = NewDisposeScope();
        var (x, weight, bias) = (randn(3, 8), randn(8, 8), randn(8));
        Assert.IsNotNull(FusedKernels.Linear(x, weight, bias, FusedActivation.None));
        Assert.IsNull(FusedKernels.Linear(x.clone().requires_grad_(), weight, bias, FusedActivation.None));
        Assert.IsNull(FusedKernels.Linear(x, weight.clone().requires_grad_(), bias, FusedActivation.None));
        Assert.IsNull(FusedKernels.Linear(x.to(ScalarType.Float64), weight.to(ScalarType.Float64), bias.to(ScalarType.Float64), FusedActivation.None));
        Assert.IsNull(FusedKernels.Linear(x.to(META), weight.to(META), bias.to(META), FusedActivation.None));
    }

    [TestMethod]
    public void Linear_ShapesThatDoNotFit_LeavesTheErrorToThePlainWay()
    {
        using var scope = NewDisposeScope();
        var (x, weight, bias) = (randn(3, 8), randn(8, 9), randn(8));
        Assert.IsNull(FusedKernels.Linear(x, weight, bias, FusedActivation.None));
        Assert.Contains("cannot be multiplied", Assert.ThrowsExactly<System.Runtime.InteropServices.ExternalException>(() => linear(x, weight, bias)).Message);
    }

    /// <summary>Every convolution of a tower on images of half the side, with the side of its input.</summary>
    private static IEnumerable<(long Inputs, long Outputs, long Kernel, long Stride, long Side)> Convolutions(ClipVisionConfig config)
    {
        var (width, side) = ((long)config.Width, config.ImageSize / 4L);
        yield return (3, width / 2, 3, 2, 2 * side);
        yield return (width / 2, width / 2, 3, 1, side);
        yield return (width / 2, width, 3, 1, side);
        var inputs = width;
        for (var stage = 0; stage < 4; stage++)
        {
            var planes = width << stage;
            side /= 2;
            for (var block = 0; block < config.ResNetLayers![stage]; block++)
            {
                var before = stage > 0 && block == 0 ? 2 * side : side;
                yield return (inputs, planes, 1, 1, before);
                yield return (planes, planes, 3, 1, before);
                yield return (planes, planes * 4, 1, 1, side);
                yield return (inputs, planes * 4, 1, 1, side);
                inputs = planes * 4;
            }
        }
    }

    [TestMethod]
    public void Kernels_BiasThatLearns_LeaveItToThePlainWay()
    {
        using var scope = NewDisposeScope();
        using var gradients = enable_grad();
        var (x, weight, bias) = (randn([3, 8], device: CPU), randn([8, 8], device: CPU), zeros([8], device: CPU).requires_grad_());
        var (map, taps) = (ChannelsLast.Of(randn([1, 8, 4, 4], device: CPU)), randn([8, 8, 3, 3], device: CPU));
        Assert.IsNull(FusedKernels.Linear(x, weight, bias, FusedActivation.None));
        Assert.IsNull(FusedKernels.Linear(x, weight, bias, x));
        Assert.IsNull(FusedKernels.GatedLinear(x, weight, bias, x));
        Assert.IsNull(FusedKernels.Convolution(map, taps, bias, 1, 1, FusedActivation.Relu));
        Assert.IsNull(FusedKernels.Convolution(map, taps, bias, 1, 1, map));
        Assert.IsFalse(FusedKernels.AddConvolution(map, map, taps, bias, 1, 1, FusedActivation.None));
    }
}
