using SkiaSharp;

namespace ZsMlc.Samples.Reporting.Comparison;

/// <summary>Makes picture files small enough to be put into a page.</summary>
public static class Thumbnail
{
    /// <summary>The longer side of a picture in the page, in pixels.</summary>
    public const int Side = 320;

    /// <summary>Reads a picture file; a larger one is shrunk and becomes a JPEG, a small one stays as it is.</summary>
    /// <param name="path">A PNG or JPEG file, or a larger picture of any known format.</param>
    /// <param name="description">The words that stand for it.</param>
    /// <exception cref="InvalidDataException">The file is not a picture.</exception>
    public static Picture Read(string path, string description)
    {
        var content = File.ReadAllBytes(path);
        using var codec = SKCodec.Create(new MemoryStream(content)) ?? throw new InvalidDataException($"{path} is not a picture that can be read.");
        using var bitmap = SKBitmap.Decode(codec);
        var longer = Math.Max(bitmap.Width, bitmap.Height);
        if (longer <= Side)
        {
            return new(content, bitmap.Width, bitmap.Height, description);
        }

        var size = new SKImageInfo(Math.Max(1, bitmap.Width * Side / longer), Math.Max(1, bitmap.Height * Side / longer));
        using var small = bitmap.Resize(size, SKFilterQuality.High);
        using var data = small.Encode(SKEncodedImageFormat.Jpeg, 85);
        return new(data.ToArray(), small.Width, small.Height, description);
    }
}
