using TorchSharp;
using ZsMlc.Torch.Kernels;
using ZsMlc.Torch.Tests.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Kernels;

[TestClass]
public sealed class ReluMaskTests
{
    [TestMethod]
    [DataRow(2, 8, 3, 5, DisplayName = "less than a thread's share")]
    [DataRow(3, 24, 33, 31, DisplayName = "shares for several threads, the last one not whole")]
    public void Passed_AgreesWithTheGradientOfRelu(long batch, long channels, long height, long width)
    {
        foreach (var type in KernelAssert.Types)
        {
            using var scope = NewDisposeScope();
            Assert.IsTrue(ReluMask.Serves(type, channels));
            var x = ChannelsLast.Of(randn([batch, channels, height, width]).to(type)).requires_grad_();
            var result = x.relu();
            foreach (var gradient in new[] { ChannelsLast.Of(randn_like(result)), randn([batch, channels, height, width]).to(type) })
            {
                x.grad?.zero_();
                result.backward([gradient], retain_graph: true);
                using var none = no_grad();
                TensorAssert.Within(0, x.grad!, ReluMask.Passed(gradient, ReluMask.Of(result)), $"{type}");
            }
        }
    }

    [TestMethod]
    public void Passed_WhatIsNoNumber_PassesLikeInLibtorch()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var result = tensor(new[] { float.NaN, 0f, -0f, 1f, float.PositiveInfinity, float.Epsilon, 0f, 2f }).view(1, 8, 1, 1);
        var gradient = tensor(new[] { 1f, float.NaN, float.PositiveInfinity, float.NaN, 5f, 6f, 7f, float.NegativeInfinity }).view(1, 8, 1, 1);

        var passed = ReluMask.Passed(gradient, ReluMask.Of(result)).data<float>().ToArray();

        CollectionAssert.AreEqual(new[] { 1f, 0, 0, float.NaN, 5, 6, 0, float.NegativeInfinity }, passed);
    }

    [TestMethod]
    public void Serves_ChannelsThatFillNoVector_AreLeftToLibtorch() => Assert.IsFalse(ReluMask.Serves(ScalarType.Float32, 12));
}
