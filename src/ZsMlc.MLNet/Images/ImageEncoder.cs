using System.Runtime.InteropServices;
using SkiaSharp;

namespace ZsMlc.MLNet.Images;

/// <summary>Encodes images; equal pixels give equal bytes.</summary>
internal static class ImageEncoder
{
    private const int JpegQuality = 95;

    /// <summary>PNG, exact.</summary>
    public static byte[] ToPng(RgbPixels image) => Encode(image, SKEncodedImageFormat.Png, 100);

    /// <summary>JPEG of quality 95.</summary>
    public static byte[] ToJpeg(RgbPixels image) => Encode(image, SKEncodedImageFormat.Jpeg, JpegQuality);

    private static byte[] Encode(RgbPixels image, SKEncodedImageFormat format, int quality)
    {
        var (width, height, rgb) = (image.Width, image.Height, image.Pixels);
        if (rgb.Length != 3L * width * height)
        {
            throw new ArgumentException($"An image of {width}×{height} pixels has {3L * width * height} bytes; found {rgb.Length}.", nameof(image));
        }

        var rgba = new byte[4 * width * height];
        for (int from = 0, to = 0; from < rgb.Length; from += 3, to += 4)
        {
            (rgba[to], rgba[to + 1], rgba[to + 2], rgba[to + 3]) = (rgb[from], rgb[from + 1], rgb[from + 2], 255);
        }

        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Marshal.Copy(rgba, 0, bitmap.GetPixels(), rgba.Length);
        using var data = bitmap.Encode(format, quality);
        return data.ToArray();
    }
}
