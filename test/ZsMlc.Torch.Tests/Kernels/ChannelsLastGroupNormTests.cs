using TorchSharp;
using ZsMlc.Torch.Kernels;
using ZsMlc.Torch.Tests.Runtime;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace ZsMlc.Torch.Tests.Kernels;

[TestClass]
public sealed class ChannelsLastGroupNormTests
{
    [TestMethod]
    [DataRow(1, 32, 16, 16, 16)]
    [DataRow(3, 240, 8, 8, 16)]
    [DataRow(2, 144, 4, 5, 16)]
    [DataRow(2, 640, 3, 1, 32)]
    [DataRow(1, 160, 33, 31, 32)]
    [DataRow(1, 24, 70, 70, 3)]
    [DataRow(1, 8, 1, 1, 1)]
    public void Forward_Shapes_AgreesWithDoublePrecision(int batch, int channels, int height, int width, int groups)
    {
        foreach (var type in KernelAssert.Types)
        {
            using var inference = inference_mode();
            using var scope = NewDisposeScope();
            using var generator = new Generator(1, CPU);
            var x = ChannelsLast.Of(randn([batch, channels, height, width], generator: generator).to(type) * 3 + 1);
            var (weight, bias) = (randn([channels], generator: generator).to(type), randn([channels], generator: generator).to(type));
            var expected = group_norm(x.to(ScalarType.Float64), groups, weight.to(ScalarType.Float64), bias.to(ScalarType.Float64), 1e-5);

            AssertClose(expected, ChannelsLastGroupNorm.Forward(x, weight, bias, groups, 1e-5, silu: false), type);
            AssertClose(silu(expected), ChannelsLastGroupNorm.Forward(x, weight, bias, groups, 1e-5, silu: true), type);
        }
    }

    [TestMethod]
    [DataRow(1e4, 1.0, 2e-3)]
    [DataRow(-30.0, 1e-3, 2e-3)]
    [DataRow(0.0, 1e15, 1e-5)]
    [DataRow(5.0, 0.0, 1e-5)]
    public void Forward_LargeMeanOrNoVariance_KeepsItsDigits(double mean, double deviation, double tolerance)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        using var generator = new Generator(1, CPU);
        var x = ChannelsLast.Of(randn([1, 16, 32, 32], generator: generator) * deviation + mean);
        var (weight, bias) = (ones(16), zeros(16));
        var expected = group_norm(x.to(ScalarType.Float64), 4, weight.to(ScalarType.Float64), bias.to(ScalarType.Float64), 1e-12);

        var actual = ChannelsLastGroupNorm.Forward(x, weight, bias, 4, 1e-12, silu: false)!;

        // What single precision has left of the values themselves is all that there is.
        TensorAssert.Within(tolerance * Math.Max(1, expected.abs().max().item<double>()), expected, actual);
    }

    [TestMethod]
    [DataRow(512, 1e-3f, 1000f)]
    [DataRow(64, 1f, 100f)]
    public void Forward_CornersFarFromTheRest_KeepsItsDigits(int side, float deviation, float corner)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        using var generator = new Generator(1, CPU);
        var x = ChannelsLast.Of(randn([1, 32, side, side], generator: generator) * deviation + 0.1f);
        x[.., .., 0, 0] = corner;
        x[.., .., side - 1, side - 1] = corner;
        var (weight, bias) = (ones(32), zeros(32));
        var expected = group_norm(x.to(ScalarType.Float64), 32, weight.to(ScalarType.Float64), bias.to(ScalarType.Float64), 1e-6);

        TensorAssert.Within(1e-5 * expected.abs().max().item<double>(), expected, ChannelsLastGroupNorm.Forward(x, weight, bias, 32, 1e-6, silu: false)!);
    }

    [TestMethod]
    public void Forward_ExtremeValues_SiluIsThatOfTheirSize()
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        var x = ChannelsLast.Of(tensor([-1f, 1, -1, 1, -1, 1, -1, 1]).view(1, 8, 1, 1).repeat(1, 1, 2, 2));
        foreach (var factor in new[] { 1e-6f, 1, 20, 88, 88.5f, 1000, 1e30f })
        {
            var weight = full(8, factor);
            var expected = silu(group_norm(x, 1, weight, zeros(8), 0).to(ScalarType.Float64));

            var actual = ChannelsLastGroupNorm.Forward(x, weight, zeros(8), 1, 0, silu: true)!;

            TensorAssert.Within(1e-6 * factor, expected, actual, $"{factor}");
        }

        var far = ChannelsLastGroupNorm.Forward(x, ones(8), full(8, -1e35f), 1, 0, silu: true)!;
        Assert.AreEqual(0f, far.abs().max().item<float>(), "SiLU of what is far below 0");
        Assert.IsTrue(ChannelsLastGroupNorm.Forward(x * float.NaN, ones(8), zeros(8), 1, 0, silu: true)!.isnan().all().item<bool>(), "what is no number stays none");
    }

    [TestMethod]
    public void Forward_OneThreadOrMore_GivesTheSameBits()
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        using var x = ChannelsLast.Of(randn(3, 64, 40, 40));
        var (weight, bias) = (ones(64), zeros(64));

        KernelAssert.SameBitsFromAnyThreads(() => ChannelsLastGroupNorm.Forward(x, weight, bias, 8, 1e-5, silu: true)!);
    }

    [TestMethod]
    public void Forward_WhatItIsNotFor_LeavesItToThePlainWay()
    {
        using var scope = NewDisposeScope();
        var (weight, bias) = (ones(16), zeros(16));
        Assert.IsNull(ChannelsLastGroupNorm.Forward(randn(1, 16, 4, 4), weight, bias, 4, 1e-5, silu: false), "the plain layout");
        foreach (var groups in new[] { 3, 64, 0 })
        {
            Assert.IsNull(ChannelsLastGroupNorm.Forward(ChannelsLast.Of(randn(1, 16, 4, 4)), weight, bias, groups, 1e-5, silu: false), $"{groups} groups, into which 16 channels do not part");
        }

        Assert.IsNull(ChannelsLastGroupNorm.Forward(ChannelsLast.Of(randn(1, 12, 4, 4)), ones(12), zeros(12), 4, 1e-5, silu: false), "channels that fill no vector");
        Assert.IsNull(ChannelsLastGroupNorm.Forward(ChannelsLast.Of(randn(1, 16, 4, 4)).requires_grad_(), weight, bias, 4, 1e-5, silu: false), "a gradient");
        Assert.IsNull(ChannelsLastGroupNorm.Forward(ChannelsLast.Of(randn([1, 16, 4, 4], ScalarType.Float64)), weight, bias, 4, 1e-5, silu: false), "another type");
    }

    private static void AssertClose(Tensor expected, Tensor? actual, ScalarType type)
    {
        Assert.IsNotNull(actual);
        Assert.AreEqual(type, actual.dtype);
        var limit = (type == ScalarType.BFloat16 ? 1.0 / 128 : 2e-6) * Math.Max(1, expected.abs().max().item<double>());
        TensorAssert.Within(limit, expected, actual);
    }
}
