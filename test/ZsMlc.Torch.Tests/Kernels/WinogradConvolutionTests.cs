using TorchSharp;
using ZsMlc.Torch.Kernels;
using ZsMlc.Torch.Tests.Runtime;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace ZsMlc.Torch.Tests.Kernels;

[TestClass]
public sealed class WinogradConvolutionTests
{
    [TestMethod]
    [DataRow(1, 64, 64, 28, 28, DisplayName = "whole tiles")]
    [DataRow(3, 64, 128, 14, 15, DisplayName = "tiles that reach over the edge")]
    [DataRow(8, 512, 512, 7, 7, DisplayName = "the last stage of a ResNet")]
    [DataRow(1, 80, 48, 90, 37, DisplayName = "RN50x4, several parts")]
    [DataRow(2, 160, 160, 32, 32, DisplayName = "a denoiser")]
    [DataRow(2, 1280, 640, 23, 24, DisplayName = "many inputs")]
    [DataRow(40, 64, 64, 4, 3, DisplayName = "a tile an image")]
    public void Forward_Shapes_AgreesWithDoublePrecision(int batch, int inputs, int outputs, int height, int width)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        using var generator = new Generator(1, CPU);
        var x = randn([batch, inputs, height, width], generator: generator).relu() + 0.5;
        var weight = randn([outputs, inputs, 3, 3], generator: generator) / Math.Sqrt(inputs * 9);
        var bias = randn([outputs], generator: generator);
        var shifts = randn([batch, outputs], generator: generator);
        var residual = randn([batch, outputs, height, width], generator: generator);
        Tensor Wide(Tensor t) => t.to(ScalarType.Float64);
        var expected = conv2d(Wide(x), Wide(weight), padding: [1L, 1L]);
        var points = WinogradConvolution.Spread(weight);

        Assert.IsTrue(WinogradConvolution.Pays(x, weight));
        AssertClose(expected + Wide(bias).view(1, -1, 1, 1), WinogradConvolution.Forward(x, points, bias, null, relu: false));
        AssertClose((expected + Wide(bias).view(1, -1, 1, 1)).relu(), WinogradConvolution.Forward(x, points, bias, null, relu: true));
        AssertClose(expected + Wide(shifts).view(batch, -1, 1, 1) + Wide(residual), WinogradConvolution.Forward(ChannelsLast.Of(x), points, shifts, ChannelsLast.Of(residual), relu: false));
        AssertClose((expected + Wide(shifts).view(batch, -1, 1, 1) + Wide(residual)).relu(), WinogradConvolution.Forward(x, points, shifts, residual, relu: true));
    }

    [TestMethod]
    public void Forward_OneThreadOrMore_GivesTheSameBits()
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        var (x, points, bias) = (randn(2, 64, 40, 40), WinogradConvolution.Spread(randn(64, 64, 3, 3)), randn(64));

        KernelAssert.SameBitsFromAnyThreads(() => WinogradConvolution.Forward(x, points, bias, null, relu: false));
    }

    [TestMethod]
    public void Forward_NotANumber_ReachesTheOutputsThatSeeIt()
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        var x = zeros(1, 64, 24, 24);
        x[0, 5, 1, 1] = float.NaN;
        var (points, bias) = (WinogradConvolution.Spread(ones(64, 64, 3, 3)), zeros(64));

        var y = WinogradConvolution.Forward(x, points, bias, null, relu: true).isnan();

        Assert.IsTrue(y.narrow(2, 0, 3).narrow(3, 0, 3).all().item<bool>());
        Assert.IsFalse(y.narrow(2, 4, 20).any().item<bool>(), "other tiles do not see it");
    }

    [TestMethod]
    public void Forward_ManyTimes_OwnsEveryHandleOnce()
    {
        using var inference = inference_mode();
        using var outer = NewDisposeScope();
        var (x, points, bias) = (randn(1, 64, 32, 32), WinogradConvolution.Spread(randn(64, 64, 3, 3)), randn(64));
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (var i = 0; i < 100; i++)
        {
            WinogradConvolution.Forward(x, points, bias, x, relu: true).Dispose();
        }

        Assert.AreEqual(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [TestMethod]
    public void Pays_WhatItIsNotFor_IsFalse()
    {
        using var scope = NewDisposeScope();
        var (x, weight) = (randn(2, 64, 32, 32), randn(64, 64, 3, 3));
        Assert.IsTrue(WinogradConvolution.Pays(x, weight));
        Assert.IsFalse(WinogradConvolution.Pays(x, randn(64, 64, 1, 1)), "another kernel");
        Assert.IsFalse(WinogradConvolution.Pays(randn(2, 64, 8, 8), weight), "few tiles");
        Assert.IsFalse(WinogradConvolution.Pays(randn(64, 64, 2, 2), weight), "tiles that are mostly empty");
        Assert.IsFalse(WinogradConvolution.Pays(randn(2, 12, 32, 32), randn(192, 12, 3, 3)), "channels that fill no vector");
        Assert.IsFalse(WinogradConvolution.Pays(randn(2, 16, 32, 32), randn(16, 16, 3, 3)), "few weights");
        Assert.IsFalse(WinogradConvolution.Pays(x.to(ScalarType.BFloat16), weight.to(ScalarType.BFloat16)), "another type");
        Assert.IsFalse(WinogradConvolution.Pays(x, randn(1024, 1024, 3, 3)), "weights of another number of inputs");
        Assert.IsFalse(WinogradConvolution.Pays(randn(1, 1024, 24, 24), randn(1024, 1024, 3, 3)), "large weights for few tiles");
        Assert.IsFalse(WinogradConvolution.Pays(x[0], weight), "no batch");
        Assert.IsFalse(WinogradConvolution.Pays(x, weight, randn(2, 64, 1, 1)), "a residual of another shape");
        Assert.IsFalse(WinogradConvolution.Pays(x, weight, randn([2, 64, 32, 32], ScalarType.BFloat16)), "a residual of another type");
        Assert.IsFalse(WinogradConvolution.Pays(x.alias().requires_grad_(), weight), "a gradient");
        Assert.IsFalse(WinogradConvolution.Pays(x.to(META), weight.to(META)), "another device");
    }

    // Of the largest value, 36 products' rounding errors: measured are 2e-6 to 4e-6.
    private static void AssertClose(Tensor expected, Tensor actual)
    {
        TensorAssert.Within(1e-5 * expected.abs().max().item<double>(), expected, actual);
    }
}
