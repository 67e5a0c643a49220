using TorchSharp;
using ZsMlc.Torch.Diffusion.Blocks;
using ZsMlc.Torch.Runtime;
using ZsMlc.Torch.Tests.Kernels;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion.Blocks;

[TestClass]
public sealed class EnlargingConvolutionTests
{
    [TestMethod]
    [DataRow(1, 8, 8, 4, 4)]
    [DataRow(2, 16, 24, 5, 3)]
    [DataRow(1, 8, 16, 1, 1)]
    public void Forward_WithinARun_IsTheConvolutionOfTheEnlargedMap(int batch, int inputs, int outputs, int height, int width)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        using var layer = nn.Conv2d(inputs, outputs, 3, padding: 1);
        var x = randn(batch, inputs, height, width);
        var expected = layer.forward(nn.functional.interpolate(x, [2 * height, 2 * width], mode: InterpolationMode.Nearest));

        Assert.IsNull(EnlargingConvolution.Forward(layer, x), "outside of a run");
        using var run = RunCache.Open();
        var actual = EnlargingConvolution.Forward(layer, x);

        KernelAssert.Close(expected, actual);
    }
}
