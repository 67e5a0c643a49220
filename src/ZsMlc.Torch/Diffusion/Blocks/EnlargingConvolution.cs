using TorchSharp;
using TorchSharp.Modules;
using ZsMlc.Torch.Kernels;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Blocks;

/// <summary>
/// Enlargement to twice the size by nearest neighbour, then a convolution of 3×3, without computing on the large map: of the three
/// rows that an output sees two are the same, so each of the four outputs of a pixel is a convolution of 2×2 with
/// summed weights (the decomposition of Shi et al. 2016), which has 4/9 of the products.
/// </summary>
internal static class EnlargingConvolution
{
    /// <summary>The result within a run; <see langword="null"/> elsewhere.</summary>
    /// <param name="layer">A convolution of 3×3 with a padding of 1.</param>
    /// <param name="x">[B, in, H, W].</param>
    /// <returns>[B, out, 2H, 2W].</returns>
    public static Tensor? Forward(Conv2d layer, Tensor x)
    {
        using var scope = NewDisposeScope();
        var (batch, height, width, shape) = (x.shape[0], x.shape[2], x.shape[3], x.shape);
        if (RunCache.Of(layer, "enlarging", (batch, height, width), () => FusedKernels.Fits(layer.weight!) ? PackedWeights.Convolution(Summed(layer.weight!), 1, 1, shape) : null) is not { } weight
            || FusedKernels.Convolution(ChannelsLast.Of(x), weight, layer.bias!.repeat(4), 1, 1, FusedActivation.None) is not { } parts)
        {
            return null;
        }

        // Padded by 1, each part has a row and a column more than the map: an upper output starts at the first, a lower one at the second.
        var outputs = layer.out_channels;
        parts = parts.permute(0, 2, 3, 1);
        var result = empty([batch, height, 2, width, 2, outputs], x.dtype, x.device);
        foreach (var (row, column) in new[] { (0, 0), (0, 1), (1, 0), (1, 1) })
        {
            var part = parts.narrow(1, row, height).narrow(2, column, width).narrow(3, ((2 * row) + column) * outputs, outputs);
            result.select(2, row).select(3, column).copy_(part);
        }

        return result.view(batch, 2 * height, 2 * width, outputs).permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    /// <summary>Weights [4 · out, in, 2, 2] of the upper left, upper right, lower left and lower right output.</summary>
    private static Tensor Summed(Tensor weight)
    {
        using var scope = NewDisposeScope();
        var rows = Halves(weight.to(ScalarType.Float32), 2);
        return cat([.. rows.SelectMany(r => Halves(r, 3))], 0).to(weight.dtype).MoveToOuterDisposeScope();
    }

    // The first output sees the pixel before once and its own twice, the second its own twice and the next one once.
    private static Tensor[] Halves(Tensor weight, int dimension)
    {
        Tensor At(int index) => weight.narrow(dimension, index, 1);
        return [cat([At(0), At(1) + At(2)], dimension), cat([At(0) + At(1), At(2)], dimension)];
    }
}
