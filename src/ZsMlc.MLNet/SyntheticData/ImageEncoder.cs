using System.Runtime.InteropServices;
using SkiaSharp;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>Encodes images; equal pixels give equal bytes.</summary>
internal static class ImageEncoder
{
    private const int JpegQuality = 95;

    /// <summary>How the files' names end.</summary>
    public static string Ending(ImageFileFormat format) => format == ImageFileFormat.Jpeg ? ".jpg" : ".png";

    public static byte[] Encode(RgbPixels image, ImageFileFormat format)
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
        using var data = format == ImageFileFormat.Jpeg ? bitmap.Encode(SKEncodedImageFormat.Jpeg, JpegQuality) : bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
