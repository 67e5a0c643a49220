using ZsMlc.Torch;

namespace ZsMlc.MLNet.Images;

/// <summary>What <see cref="ImageReader"/> accepts and how it decodes.</summary>
public sealed record ImageReadOptions
{
    /// <summary>The default of <see cref="MaximumPixels"/>: 64 million, 256 MB of memory.</summary>
    public const long DefaultMaximumPixels = 64_000_000;

    // An ML.NET image is one block of four bytes a pixel, and is decoded in an array of .NET's (Array.MaxLength).
    private const long MostPixels = 0x7FFFFFC7 / 4;

    /// <summary>
    /// Gets the most pixels (width times height) of a picture, 1 to 536,870,897. The size is read from the file's header, so that
    /// a small file that claims a huge picture costs nothing. Default <see cref="DefaultMaximumPixels"/>.
    /// </summary>
    public long MaximumPixels { get; init; } = DefaultMaximumPixels;

    /// <summary>Gets whether a picture whose data is cut short or damaged is taken as far as it goes; what is missing is blank. Default false.</summary>
    public bool AllowTruncated { get; init; }

    /// <summary>
    /// Gets whether pictures are turned upright as the camera noted in the file (EXIF orientation), as people see them.
    /// Default true. The published preprocessing of CLIP (OpenAI's and open_clip's) leaves them as they are stored: turn
    /// this off to compare figures with theirs.
    /// </summary>
    public bool ApplyOrientation { get; init; } = true;

    /// <summary>
    /// Gets the pixels that the shorter side of a JPEG must keep, 1 or more, where it may be decoded at a reduced size (in
    /// eighths): less work for large photos that a network sees small. With twice the network's image size the pixels
    /// that it sees change by about half a level of 255 in the mean (benchmark <c>decode</c>). Default <see langword="null"/>:
    /// JPEGs are decoded in full.
    /// </summary>
    public int? JpegMinimumSide { get; init; }

    /// <summary>Throws when a value is out of its range; the message names the option.</summary>
    internal ImageReadOptions Checked()
    {
        OptionRange.Check(nameof(MaximumPixels), MaximumPixels, MaximumPixels is >= 1 and <= MostPixels, $"1 to {MostPixels}");
        OptionRange.Check(nameof(JpegMinimumSide), JpegMinimumSide, JpegMinimumSide is null or >= 1, "1 or more");
        return this;
    }
}
