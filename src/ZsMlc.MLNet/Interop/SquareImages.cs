using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Interop;

/// <summary>A column whose images are wanted as squares alone, so that the threads that read ahead may stretch them.</summary>
/// <param name="Column">Index of the column.</param>
/// <param name="Side">Side of the squares in pixels.</param>
/// <param name="MaximumPixels">The most pixels that who reads the images takes: a larger one is left to be refused there, and no square of more is made.</param>
internal sealed record SquareImages(int Column, int Side, long MaximumPixels)
{
    /// <summary>The image as a square with the same four channels, and the given one disposed; or the image itself.</summary>
    public MLImage Stretch(MLImage image)
    {
        if (Math.Max((long)image.Width * image.Height, (long)Side * Side) > MaximumPixels || (image.Width == Side && image.Height == Side))
        {
            return image;
        }

        using (image)
        {
            return ImagePixels.Stretch(image, Side);
        }
    }
}
