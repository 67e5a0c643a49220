using System.Runtime.InteropServices;
using Microsoft.ML.Data;
using SkiaSharp;

namespace ZsMlc.MLNet.Images;

/// <summary>Turns pictures upright.</summary>
internal static class Orientation
{
    /// <summary>Copies the pixels of a picture to where they are seen.</summary>
    /// <param name="stored">RGBA pixels as stored.</param>
    /// <param name="size">Width and height as stored.</param>
    /// <param name="origin">Where the first stored row and column are seen: the eight values of EXIF.</param>
    public static MLImage ToImage(ReadOnlySpan<byte> stored, SKSizeI size, SKEncodedOrigin origin)
    {
        if (origin is SKEncodedOrigin.TopLeft)
        {
            return MLImage.CreateFromPixels(size.Width, size.Height, MLPixelFormat.Rgba32, stored);
        }

        // The stored pixel of a seen one at (x, y) is at start + x right + y down.
        var (w, last) = (size.Width, size.Width * size.Height - 1);
        var (start, right, down) = origin switch
        {
            SKEncodedOrigin.TopRight => (w - 1, -1, w),
            SKEncodedOrigin.BottomRight => (last, -1, -w),
            SKEncodedOrigin.BottomLeft => (last - w + 1, 1, -w),
            SKEncodedOrigin.LeftTop => (0, w, 1),
            SKEncodedOrigin.RightTop => (last - w + 1, -w, 1),
            SKEncodedOrigin.RightBottom => (last, -w, -1),
            SKEncodedOrigin.LeftBottom => (w - 1, w, -1),
            _ => (0, 1, w),
        };
        var (width, height) = origin < SKEncodedOrigin.LeftTop ? (w, size.Height) : (size.Height, w);
        var source = MemoryMarshal.Cast<byte, uint>(stored);
        var seen = new uint[source.Length];
        for (var y = 0; y < height; y++)
        {
            var from = start + y * down;
            foreach (ref var pixel in seen.AsSpan(y * width, width))
            {
                pixel = source[from];
                from += right;
            }
        }

        return MLImage.CreateFromPixels(width, height, MLPixelFormat.Rgba32, MemoryMarshal.AsBytes(seen.AsSpan()));
    }
}
