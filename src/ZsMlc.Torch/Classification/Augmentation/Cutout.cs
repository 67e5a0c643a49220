using static TorchSharp.torch;

namespace ZsMlc.Torch.Classification.Augmentation;

/// <summary>Covers a square of half the image's side with a random colour (DeVries and Taylor 2017).</summary>
public static class Cutout
{
    /// <summary>Returns a copy with the square; it may reach over the border.</summary>
    /// <param name="image">Byte [3, H, W].</param>
    /// <param name="random">Source of place and colour.</param>
    /// <param name="share">Side of the square as a share of the image's shorter side, 0 to 1. Default 0.5.</param>
    public static Tensor Apply(Tensor image, Random random, double share = 0.5)
    {
        using var scope = NewDisposeScope();
        var result = image.clone();
        var (height, width) = ((int)image.shape[1], (int)image.shape[2]);
        var side = (int)(share * Math.Min(height, width));
        var (y, x) = (random.Next(height) - side / 2, random.Next(width) - side / 2);
        var (top, left) = (Math.Max(y, 0), Math.Max(x, 0));
        var (h, w) = (Math.Min(y + side, height) - top, Math.Min(x + side, width) - left);
        var colour = tensor(new[] { (byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256) }, device: image.device).view(3, 1, 1);
        if (h > 0 && w > 0)
        {
            result.narrow(1, top, h).narrow(2, left, w).copy_(colour.expand(3, h, w));
        }

        return result.MoveToOuterDisposeScope();
    }
}
