using TorchSharp;
using ZsMlc.Torch.Kernels;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Kernels;

[TestClass]
public sealed class QuickGeluTests
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(1000)]
    [DataRow(100_003, DisplayName = "several threads' and a rest")]
    public void Apply_AnySize_IsTheActivation(int count)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        var x = randn(count) * 10;
        x[^1] = count > 1 ? -100 : 2;
        var expected = x * sigmoid(1.702 * x);

        Assert.IsTrue(QuickGelu.Apply(x));

        KernelAssert.Close(expected, x);
    }

    [TestMethod]
    public void Apply_NotANumber_Stays()
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        var x = zeros(20);
        x[3] = float.NaN;
        x[19] = float.NaN;

        Assert.IsTrue(QuickGelu.Apply(x));

        Assert.AreEqual(2, x.isnan().sum().item<long>());
    }

    [TestMethod]
    public void Apply_WhatItIsNotFor_IsLeftAlone()
    {
        using var scope = NewDisposeScope();
        var x = randn(4, 6);
        var before = x.clone();

        Assert.IsFalse(QuickGelu.Apply(x.t()), "not contiguous");
        Assert.IsFalse(QuickGelu.Apply(x.to(ScalarType.Float64)), "double precision");
        Assert.IsFalse(QuickGelu.Apply(x.alias().requires_grad_(true)), "a gradient is to flow");

        Assert.IsTrue(before.eq(x).all().item<bool>());
    }
}
