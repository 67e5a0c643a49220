using SkiaSharp;

namespace ZsMlc.Samples.Tests;

/// <summary>Draws the pictures that the tests need.</summary>
internal static class Pictures
{
    /// <summary>A disc on a plain ground, encoded.</summary>
    public static byte[] Draw(SKColor ground, SKColor disc, int size = 64, SKEncodedImageFormat format = SKEncodedImageFormat.Png)
    {
        using var surface = SKSurface.Create(new SKImageInfo(size, size));
        surface.Canvas.Clear(ground);
        using var paint = new SKPaint { Color = disc, IsAntialias = true };
        surface.Canvas.DrawCircle(size / 2f, size / 2f, size / 3f, paint);
        using var image = surface.Snapshot();
        using var data = image.Encode(format, 90);
        return data.ToArray();
    }
}
