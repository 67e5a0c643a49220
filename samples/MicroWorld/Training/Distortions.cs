using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace MicroWorld.Training;

/// <summary>Changes to batches of pictures [B, 3, H, W] in [0, 1].</summary>
internal static class Distortions
{
    /// <summary>
    /// Changes colours so strongly that a judge must look at shapes: a random colour matrix for each picture (a third of them mixed
    /// beyond recognition of the hue, a quarter grey), contrast, a slight blur for some, a little noise.
    /// </summary>
    public static Tensor MixColours(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        var count = pictures.shape[0];
        var side = pictures.shape[2];
        var strength = (rand(count, 1, 1) < 0.35).to(ScalarType.Float32) * 0.45 + 0.25;
        var matrix = eye(3) + randn(count, 3, 3) * strength;
        var grey = rand(count, 1, 3).add(0.2);
        grey = (grey / grey.sum(-1, keepdim: true)).expand(count, 3, 3);
        matrix = where(rand(count, 1, 1) < 0.25, grey, matrix) * (rand(count, 1, 1) * 0.7 + 0.6);
        var mixed = matmul(matrix, (pictures - 0.5).reshape(count, 3, -1)).reshape(count, 3, side, side) + 0.5 + randn(count, 3, 1, 1) * 0.08;
        mixed = where(rand(count, 1, 1, 1) < 0.3, Blur(mixed), mixed);
        mixed = mixed + randn_like(mixed) * rand(count, 1, 1, 1) * 0.06;
        return mixed.clamp(0, 1).MoveToOuterDisposeScope();
    }

    /// <summary>Shades of grey with the usual luminance weights.</summary>
    public static Tensor Grey(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        var weights = tensor(new[] { 0.299f, 0.587f, 0.114f }).reshape(1, 3, 1, 1);
        return (pictures * weights).sum(1, keepdim: true).expand_as(pictures).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Shuffles the pixels inside each block × block square: colour and coarse place stay, shape goes.</summary>
    public static Tensor ShuffleBlocks(Tensor pictures, int block = 4)
    {
        using var scope = NewDisposeScope();
        var (count, channels, side) = (pictures.shape[0], pictures.shape[1], pictures.shape[2]);
        var cells = side / block;
        var blocks = pictures.reshape(count, channels, cells, block, cells, block).permute(0, 2, 4, 1, 3, 5).reshape(count, cells, cells, channels, block * block);
        var order = rand([count, cells, cells, 1, block * block]).argsort(-1).expand_as(blocks);
        return blocks.gather(-1, order)
            .reshape(count, cells, cells, channels, block, block).permute(0, 3, 1, 4, 2, 5).reshape(count, channels, side, side)
            .contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Shuffles whole squares: local detail stays, the object falls apart.</summary>
    public static Tensor ShuffleTiles(Tensor pictures, int tile = 8)
    {
        using var scope = NewDisposeScope();
        var (count, channels, side) = (pictures.shape[0], pictures.shape[1], pictures.shape[2]);
        var cells = side / tile;
        var tiles = pictures.reshape(count, channels, cells, tile, cells, tile).permute(0, 2, 4, 1, 3, 5).reshape(count, cells * cells, -1);
        var order = rand(count, cells * cells, 1).argsort(1).expand_as(tiles);
        return tiles.gather(1, order)
            .reshape(count, cells, cells, channels, tile, tile).permute(0, 3, 1, 4, 2, 5).reshape(count, channels, side, side)
            .contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Leaves only patches of colour.</summary>
    public static Tensor Smear(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        var side = pictures.shape[2];
        return F.interpolate(F.avg_pool2d(pictures, 8), size: [side, side], mode: InterpolationMode.Bilinear, align_corners: false).MoveToOuterDisposeScope();
    }

    private static Tensor Blur(Tensor pictures)
    {
        var wide = F.avg_pool2d(pictures, 3, 1, 1, ceil_mode: false, count_include_pad: false);
        return wide * 0.6 + pictures * 0.4;
    }
}
