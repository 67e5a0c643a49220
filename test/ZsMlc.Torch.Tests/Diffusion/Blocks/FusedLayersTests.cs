using TorchSharp;
using TorchSharp.Modules;
using ZsMlc.Torch.Diffusion.Blocks;
using ZsMlc.Torch.Kernels;
using ZsMlc.Torch.Runtime;
using ZsMlc.Torch.Tests.Kernels;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion.Blocks;

[TestClass]
public sealed class FusedLayersTests
{
    [TestMethod]
    [DataRow(0, false)]
    [DataRow(1, false)]
    [DataRow(2, false)]
    [DataRow(0, true)]
    [DataRow(1, true)]
    [DataRow(2, true)]
    public void Convolve_ShiftAndResidual_AgreesWithThePlainWay(int shiftRows, bool hasResidual)
    {
        // A map for packed weights, and one for Winograd's filtering.
        foreach (var (inputs, outputs, height, width, winograd) in new[] { (16, 24, 6, 5, false), (64, 48, 24, 21, true) })
        {
            using var inference = inference_mode();
            using var scope = NewDisposeScope();
            using var layer = nn.Conv2d(inputs, outputs, 3, padding: 1);
            var x = randn(2, inputs, height, width);
            var shift = shiftRows == 0 ? null : randn(shiftRows, outputs);
            var residual = hasResidual ? randn(2, outputs, height, width) : null;

            Assert.AreEqual(winograd, WinogradConvolution.Pays(x, layer.weight!, residual));
            Agree(() => layer.Convolve(x, shift, residual));
        }
    }

    [TestMethod]
    public void Convolve_AnotherSizeInTheSameRun_AgreesWithThePlainWay()
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        using var layer = nn.Conv2d(16, 24, 3, stride: 2, padding: 1);
        using var run = RunCache.Open();
        foreach (var (batch, side) in new[] { (1, 8), (2, 8), (1, 12), (1, 8) })
        {
            var x = randn(batch, 16, side, side);
            KernelAssert.Close(layer.forward(x), layer.Convolve(x));
        }
    }

    [TestMethod]
    [DataRow(7)]
    [DataRow(200)]
    public void Linear_ResidualAndGate_AgreeWithThePlainWay(int rows)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        foreach (var type in KernelAssert.Types)
        {
            using var layer = nn.Linear(16, 32, dtype: type);
            var (x, residual) = (randn(2, rows, 16).to(type), randn(2, 32, rows).to(type).transpose(1, 2));

            Agree(() => layer.Of(x));
            Agree(() => layer.Plus(x, residual));
            Agree(() => layer.Gated(x));
        }
    }

    [TestMethod]
    public void Together_LinearLayers_AgreesWithThePlainWay()
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        foreach (var type in KernelAssert.Types)
        {
            Linear[] layers = [.. Enumerable.Range(0, 3).Select(_ => nn.Linear(16, 32, hasBias: false, dtype: type))];
            var (few, many) = (randn(2, 7, 16).to(type), randn(2, 200, 16).to(type));
            for (var i = 0; i < layers.Length; i++)
            {
                Agree(() => FusedLayers.Together(few, layers)[i]);
                Agree(() => FusedLayers.Together(many, layers)[i]);
            }

            using (RunCache.Open())
            {
                // On packed weights, which in single precision many rows do not get, the results lie in one.
                var packs = PackedWeights.Linear(layers[0].weight!) is not null;
                foreach (var (x, joint) in new[] { (few, packs), (many, packs && type == ScalarType.BFloat16), (few, packs) })
                {
                    Assert.AreEqual(joint ? 3 * 32 : 32, FusedLayers.Together(x, layers)[1].stride(1), $"{x.shape[1]} rows, {type}");
                }
            }

            Array.ForEach(layers, l => l.Dispose());
        }
    }

    [TestMethod]
    public void Norm_ChannelsLast_AgreesWithThePlainWay()
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        using var layer = Layers.GroupNorm(4, 16, 1e-5);
        layer.weight!.copy_(randn(16));
        var x = ChannelsLast.Of(randn(2, 16, 6, 5));

        Agree(() => layer.Normalize(x));
        Agree(() => layer.NormalizeSilu(x));
    }

    private static void Agree(Func<Tensor> work)
    {
        var plain = work();
        using var run = RunCache.Open();
        KernelAssert.Close(plain, work());
        KernelAssert.Close(plain, work());
    }
}
