using TorchSharp;
using ZsMlc.Torch.Kernels;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Kernels;

[TestClass]
public sealed class FlashAttentionTests
{
    [TestMethod]
    [DataRow(1, 8, 1024, 1024, 20, DisplayName = "a denoiser's own positions")]
    [DataRow(2, 8, 1000, 77, 40, DisplayName = "a denoiser's text")]
    [DataRow(3, 12, 50, 50, 64, DisplayName = "ViT-B/32")]
    [DataRow(1, 2, 197, 200, 160, DisplayName = "wide heads")]
    [DataRow(1, 3, 33, 1, 5, DisplayName = "one key")]
    public void Forward_Shapes_AgreesWithLibtorch(int batch, int heads, int queries, int keys, int width)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        using var generator = new Generator(1, CPU);
        foreach (var type in KernelAssert.Types)
        {
            Tensor Random(int length) => (3 * randn([batch, length, heads * width], generator: generator)).to(type);
            var (q, k, v) = (Random(queries), Random(keys), Random(keys));

            KernelAssert.Close(Plain(q, k, v, heads), FlashAttention.Forward(q, k, v, heads), $"{type}");
        }
    }

    [TestMethod]
    public void Forward_ViewsOfAJointProduct_AreReadWhereTheyAre()
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        foreach (var type in KernelAssert.Types)
        {
            var parts = randn(2, 45, 3 * 48).to(type).chunk(3, -1);
            var turned = randn(2, 48, 45).to(type).transpose(1, 2);

            KernelAssert.Close(Plain(parts[0], parts[1], parts[2], 4), FlashAttention.Forward(parts[0], parts[1], parts[2], 4), $"{type}");
            KernelAssert.Close(Plain(parts[0][.., ..9], turned, parts[2], 4), FlashAttention.Forward(parts[0][.., ..9], turned, parts[2], 4), $"{type}, some queries");
        }
    }

    [TestMethod]
    public void Forward_OneThreadOrMore_GivesTheSameBits()
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        var (q, k, v) = (randn(1, 300, 48), randn(1, 400, 48), randn(1, 400, 48));

        KernelAssert.SameBitsFromAnyThreads(() => FlashAttention.Forward(q, k, v, 2)!);
    }

    [TestMethod]
    public void Forward_NotANumber_ReachesWhatSeesIt()
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        foreach (var type in KernelAssert.Types)
        {
            var (clean, other) = (randn(1, 40, 16).to(type), randn(1, 10, 16).to(type));
            var (query, last) = (clean.clone(), other.clone());
            query[0, 35, 3] = float.NaN;
            last[0, 9, 11] = float.NaN;

            var byQuery = FlashAttention.Forward(query, other, other, 2)!.isnan();
            var byKey = FlashAttention.Forward(clean, last, other, 2)!.isnan();
            var byValue = FlashAttention.Forward(clean, other, last, 2)!.isnan();

            Assert.IsTrue(byQuery.sum().item<long>() == 8 && byQuery[0, 35, ..8].all().item<bool>(), $"{type}: the head of a query");
            Assert.IsTrue(byKey.sum().item<long>() == 8 * 40 && byKey[.., .., 8..].all().item<bool>(), $"{type}: a head of all queries");
            Assert.IsTrue(byValue.sum().item<long>() == 40 && byValue[.., .., 11].all().item<bool>(), $"{type}: one value of all queries");
        }
    }

    [TestMethod]
    public void Forward_WhatItIsNotFor_IsLeftToLibtorch()
    {
        using var scope = NewDisposeScope();
        var x = randn(1, 9, 16);
        using (inference_mode())
        {
            var (wide, empty) = (randn(1, 9, 512), randn(1, 0, 16));
            Assert.IsNull(FlashAttention.Forward(wide, wide, wide, 1), "very wide heads");
            Assert.IsNull(FlashAttention.Forward(x, empty, empty, 2), "no keys");
            Assert.IsNull(FlashAttention.Forward(x[.., ..1], x, x, 2), "one query");
            Assert.IsNull(FlashAttention.Forward(x.repeat(2, 1, 1), x, x, 2), "keys of one image for two");
            Assert.IsNull(FlashAttention.Forward(x, x, x[.., 1..], 2), "a value too few");
            Assert.IsNull(FlashAttention.Forward(x, wide, wide, 2), "keys of another width");
            Assert.IsNull(FlashAttention.Forward(x, x, x, 3), "a width that heads do not part");
            Assert.IsNull(FlashAttention.Forward(x.to(ScalarType.Float64), x.to(ScalarType.Float64), x.to(ScalarType.Float64), 2), "double precision");
        }

        Assert.IsNotNull(FlashAttention.Forward(x, x, x, 2), "nothing needs a gradient");
        Assert.IsNull(FlashAttention.Forward(x, x, x.clone().requires_grad_(true), 2), "a gradient is to flow");
    }

    private static Tensor Plain(Tensor q, Tensor k, Tensor v, int heads)
    {
        Tensor Heads(Tensor x) => x.reshape(x.shape[0], x.shape[1], heads, -1).transpose(1, 2);
        return nn.functional.scaled_dot_product_attention(Heads(q), Heads(k), Heads(v)).transpose(1, 2).flatten(2);
    }
}
