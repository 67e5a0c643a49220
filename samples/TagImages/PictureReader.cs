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

        // The codec, unlike a plain decode, tells a whole picture from the beginning of one.
        using var bitmap = new SKBitmap(new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Premul));
        return codec.GetPixels(bitmap.Info, bitmap.GetPixels()) == SKCodecResult.Success
            ? (MLImage.CreateFromPixels(bitmap.Width, bitmap.Height, MLPixelFormat.Rgba32, bitmap.GetPixelSpan()), "")
            : (null, "The picture starts well, but its data is damaged or cut short.");
    }
}
