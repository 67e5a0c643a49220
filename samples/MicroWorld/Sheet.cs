using SkiaSharp;

namespace MicroWorld;

/// <summary>A grid of small pictures with captions, written as PNG.</summary>
internal sealed class Sheet(int columns, int side, int zoom = 2)
{
    private const int TextHeight = 14;
    private readonly List<(byte[] Rgb, string Caption)> cells = [];

    /// <summary>Adds a picture: side × side × 3 bytes.</summary>
    public void Add(byte[] rgb, string caption = "") => cells.Add((rgb, caption));

    public void Save(string path)
    {
        var captions = cells.Any(c => c.Caption.Length > 0);
        var (width, height) = (side * zoom + 4, side * zoom + 4 + (captions ? TextHeight : 0));
        using var sheet = new SKBitmap(columns * width, (cells.Count + columns - 1) / columns * height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        using var canvas = new SKCanvas(sheet);
        canvas.Clear(SKColors.White);
        using var ink = new SKPaint { Color = SKColors.Black, TextSize = 10, IsAntialias = true };
        for (var i = 0; i < cells.Count; i++)
        {
            var (x, y) = (i % columns * width, i / columns * height);
            using var picture = ToBitmap(cells[i].Rgb);
            canvas.DrawBitmap(picture, SKRect.Create(x, y, side * zoom, side * zoom));
            canvas.DrawText(cells[i].Caption, x + 1, y + side * zoom + 11, ink);
        }

        using var data = sheet.Encode(SKEncodedImageFormat.Png, 100);
        using var file = File.Create(path);
        data.SaveTo(file);
    }

    private SKBitmap ToBitmap(byte[] rgb)
    {
        var bitmap = new SKBitmap(side, side, SKColorType.Rgba8888, SKAlphaType.Opaque);
        var pixels = new byte[side * side * 4];
        for (var i = 0; i < side * side; i++)
        {
            (pixels[i * 4], pixels[i * 4 + 1], pixels[i * 4 + 2], pixels[i * 4 + 3]) = (rgb[i * 3], rgb[i * 3 + 1], rgb[i * 3 + 2], 255);
        }

        System.Runtime.InteropServices.Marshal.Copy(pixels, 0, bitmap.GetPixels(), pixels.Length);
        return bitmap;
    }
}
