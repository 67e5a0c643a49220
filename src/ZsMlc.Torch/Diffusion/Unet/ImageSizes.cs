using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Unet;

/// <summary>
/// What SDXL is told of an image's sizes, in pixels (Podell et al. 2023, "SDXL", section 2.2): a picture from a small original looks
/// blurred, one with a crop looks cut off.
/// </summary>
/// <param name="OriginalHeight">Height of the original.</param>
/// <param name="OriginalWidth">Width of the original.</param>
/// <param name="CropTop">Rows cut off above.</param>
/// <param name="CropLeft">Columns cut off at the left.</param>
/// <param name="TargetHeight">Height of the image.</param>
/// <param name="TargetWidth">Width of the image.</param>
public readonly record struct ImageSizes(double OriginalHeight, double OriginalWidth, double CropTop, double CropLeft, double TargetHeight, double TargetWidth)
{
    internal const int Count = 6;

    /// <summary>An original of the image's own size, not cropped.</summary>
    /// <param name="height">Height in pixels.</param>
    /// <param name="width">Width in pixels.</param>
    public static ImageSizes Of(int height, int width) => new(height, width, 0, 0, height, width);

    /// <summary>The sizes in the network's order, once an image.</summary>
    /// <returns>Single precision [N, 6].</returns>
    internal Tensor Rows(long count, Device device)
    {
        using var scope = NewDisposeScope();
        double[] values = [OriginalHeight, OriginalWidth, CropTop, CropLeft, TargetHeight, TargetWidth];
        return tensor(values, dtype: ScalarType.Float32, device: device).unsqueeze(0).expand(count, -1).MoveToOuterDisposeScope();
    }
}
