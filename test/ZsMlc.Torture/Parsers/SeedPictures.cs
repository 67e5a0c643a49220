using Microsoft.ML.Data;

namespace ZsMlc.Torture.Parsers;

/// <summary>Whole pictures in the common formats.</summary>
internal static class SeedPictures
{
    public static IReadOnlyList<byte[]> All { get; } = [.. new[] { "png", "jpg", "webp" }.Select(Encoded), Bitmap(), Gif()];

    private static byte[] Encoded(string format)
    {
        var path = Path.Combine(Path.GetTempPath(), $"zsmlc-seed-{Guid.NewGuid():n}.{format}");
        try
        {
            using var image = MLImage.CreateFromPixels(20, 12, MLPixelFormat.Rgba32, [.. Enumerable.Range(0, 20 * 12 * 4).Select(i => (byte)(i % 4 == 3 ? 255 : i * 7))]);
            image.Save(path);
            return File.ReadAllBytes(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    // 4 × 4 pixels of 24 bits.
    private static byte[] Bitmap() =>
        [.. "BM"u8, 102, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 1, 0, 24, 0, 0, 0, 0, 0, 48, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. Enumerable.Range(0, 48).Select(i => (byte)(i * 5))];

    // One pixel.
    private static byte[] Gif() =>
        [.. "GIF89a"u8, 1, 0, 1, 0, 0x80, 0, 0, 255, 0, 0, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b];
}
