using Microsoft.ML.Data;
using SkiaSharp;

namespace ZsMlc.Samples.TagImages;

/// <summary>Decodes pictures whose origin is not trusted.</summary>
internal static class PictureReader
{
    /// <summary>Width times height; a small file can claim a picture that fills the memory.</summary>
    public const long MaximumPixels = 64_000_000;

    /// <returns>The picture, or null and what is wrong with it.</returns>
    public static (MLImage? Image, string Fault) Read(Stream stream)
    {
        using var data = SKData.Create(stream);
        using var codec = data is null ? null : SKCodec.Create(data);
        if (codec is null)
        {
            return (null, "This is not a picture that can be read (JPEG, PNG, WebP, GIF or BMP).");
        }

        if ((long)codec.Info.Width * codec.Info.Height > MaximumPixels)
        {
            return (null, $"The picture has {codec.Info.Width} x {codec.Info.Height} pixels; at most {MaximumPixels / 1_000_000} million are read.");
        }

        try
        {
            return (MLImage.CreateFromStream(data!.AsStream()), "");
        }
        catch (ArgumentException)
        {
            return (null, "The picture starts well but its data is damaged or cut short.");
        }
    }
}
