using Microsoft.ML.Data;

namespace ZsMlc.Benchmarks.BulkTagging;

/// <summary>Makes many small pictures, a thousand a folder, each another one.</summary>
internal static class SmallFiles
{
    private const int Side = 32, FilesOfFolder = 1000;

    /// <summary>Makes a folder of PNG files.</summary>
    public static void Make(string folder, int count)
    {
        var pixels = new byte[Side * Side * 4];
        for (var i = 0; i < count; i++)
        {
            for (var p = 0; p < pixels.Length; p += 4)
            {
                (pixels[p], pixels[p + 1], pixels[p + 2], pixels[p + 3]) = ((byte)(i + p / 64), (byte)(i / 256), (byte)(p / 16 * (1 + i % 7)), 255);
            }

            var inner = Path.Combine(folder, $"{i / FilesOfFolder:0000}");
            if (i % FilesOfFolder == 0)
            {
                Directory.CreateDirectory(inner);
            }

            using var image = MLImage.CreateFromPixels(Side, Side, MLPixelFormat.Rgba32, pixels);
            image.Save(Path.Combine(inner, $"{i % FilesOfFolder:000}.png"));
        }
    }
}
