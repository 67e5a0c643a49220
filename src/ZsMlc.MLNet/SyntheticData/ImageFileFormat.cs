using ZsMlc.MLNet.Images;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>How generated images are written.</summary>
public enum ImageFileFormat
{
    /// <summary>PNG: exact, about 1.4 bytes a pixel for photos.</summary>
    Png,

    /// <summary>JPEG of quality 95: about a fifth of the room, not exact.</summary>
    Jpeg,
}

/// <summary>Files of a format.</summary>
internal static class ImageFiles
{
    /// <summary>How the files' names end.</summary>
    public static string Ending(this ImageFileFormat format) => format == ImageFileFormat.Jpeg ? ".jpg" : ".png";

    /// <summary>The file of an image.</summary>
    public static byte[] Encode(this ImageFileFormat format, RgbPixels image) => format == ImageFileFormat.Jpeg ? ImageEncoder.ToJpeg(image) : ImageEncoder.ToPng(image);
}
