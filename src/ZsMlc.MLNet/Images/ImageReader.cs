using Microsoft.ML.Data;
using SkiaSharp;
using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.MLNet.Images;

/// <summary>Decodes pictures whose origin is not trusted: JPEG, PNG, WebP, GIF (its first frame), BMP, ICO and WBMP.</summary>
public static class ImageReader
{
    // No picture needs more: eight bytes a pixel (16-bit RGBA) and a large profile or preview beside it.
    private const int MostBytesPerPixel = 8, MostMetadata = 1 << 24;

    /// <summary>Gets the endings of the files that the decoder takes, lower case, each with its dot.</summary>
    public static IReadOnlyList<string> Extensions { get; } =
        [".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib", ".ico", ".wbmp"];

    /// <summary>Whether a file's name has one of the <see cref="Extensions"/>, in upper or lower case.</summary>
    /// <param name="path">Path or name of a file.</param>
    public static bool HasImageExtension(string path) => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>Decodes a file.</summary>
    /// <param name="path">Path of the file; its format is found in its content, whatever its name.</param>
    /// <param name="options">What is accepted; by default whole pictures of up to 64 million pixels.</param>
    /// <returns>RGBA pixels, colours premultiplied with the opacity. The caller disposes it.</returns>
    /// <exception cref="ImageReadException">The file is missing, not a regular one, no picture, damaged, cut short or too large.</exception>
    public static MLImage Read(string path, ImageReadOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using var file = Open(path);
            return Read(file, path, options);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ImageReadException(path, "there is no such file.", e);
        }
        catch (Exception e) when (e is IOException and not ImageReadException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new ImageReadException(path, e.Message, e);
        }
    }

    /// <summary>Opens a file for reading, without a buffer. What is not a regular file is refused unopened: a pipe would wait for its writer.</summary>
    /// <param name="path">Path of the file, or of a link to it.</param>
    /// <exception cref="ImageReadException">There is a pipe, socket, device or folder.</exception>
    /// <exception cref="IOException">The file is missing or cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static FileStream Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return RegularFile.OtherKind(path) is { } kind
            ? throw new ImageReadException(path, $"it is {kind}, expected a regular file.")
            : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
    }

    /// <summary>Decodes what a stream holds from its position to its end.</summary>
    /// <param name="content">A stream that tells its length.</param>
    /// <param name="name">Name of the picture, for messages.</param>
    /// <param name="options">What is accepted; by default whole pictures of up to 64 million pixels.</param>
    /// <returns>RGBA pixels, colours premultiplied with the opacity. The caller disposes it.</returns>
    /// <exception cref="ImageReadException">The content is no picture, damaged, cut short or too large.</exception>
    public static MLImage Read(Stream content, string name, ImageReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(content);
        options = (options ?? new()).Checked();
        var length = content.Length - content.Position;
        if (length > MostMetadata && length - MostMetadata > (double)MostBytesPerPixel * options.MaximumPixels)
        {
            throw new ImageReadException(name, $"its {length} bytes are more than any picture of {options.MaximumPixels} pixels has ({nameof(ImageReadOptions.MaximumPixels)}).");
        }

        try
        {
            var bytes = new byte[length];
            content.ReadExactly(bytes);
            return Decode(bytes, name, options);
        }
        catch (Exception e) when (e is not (ImageReadException or OutOfMemoryException))
        {
            throw new ImageReadException(name, $"its {length} bytes cannot be decoded: {e.Message}", e);
        }
    }

    private static MLImage Decode(byte[] bytes, string name, ImageReadOptions options)
    {
        GitLfsPointer.Refuse(name, bytes);
        using var data = SKData.CreateCopy(bytes);
        using var codec = SKCodec.Create(data)
            ?? throw new ImageReadException(name, $"its {bytes.Length} bytes are not a picture of a known format (JPEG, PNG, WebP, GIF, BMP, ICO, WBMP).");
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        if ((long)width * height > options.MaximumPixels)
        {
            throw new ImageReadException(name, $"it claims {width} x {height} pixels; at most {options.MaximumPixels} are read ({nameof(ImageReadOptions.MaximumPixels)}).");
        }

        // No colour space: the values as they are stored, which is what networks are trained on.
        var size = DecodedSize(codec, options);
        SKImageInfo info = new(size.Width, size.Height, SKColorType.Rgba8888, SKAlphaType.Premul);
        using PixelBuffer pixels = new(info, options.AllowTruncated);
        var result = pixels.Fill(codec, bytes);
        if (result != SKCodecResult.Success && !(options.AllowTruncated && result is SKCodecResult.IncompleteInput or SKCodecResult.ErrorInInput))
        {
            throw new ImageReadException(name, result switch
            {
                SKCodecResult.IncompleteInput => $"it starts well, but is cut short after {bytes.Length} bytes ({nameof(ImageReadOptions.AllowTruncated)} takes what is there).",
                SKCodecResult.ErrorInInput => $"it starts well, but its data is damaged ({nameof(ImageReadOptions.AllowTruncated)} takes what is there).",
                _ => $"its {bytes.Length} bytes are not a picture that can be decoded ({result}).",
            });
        }

        return Orientation.ToImage(pixels.Bytes, size, options.ApplyOrientation ? codec.EncodedOrigin : SKEncodedOrigin.TopLeft);
    }

    private static SKSizeI DecodedSize(SKCodec codec, ImageReadOptions options)
    {
        var sizes = options.JpegMinimumSide is not null && codec.EncodedFormat is SKEncodedImageFormat.Jpeg
            ? Enumerable.Range(1, 7).Select(eighths => codec.GetScaledDimensions(eighths / 8f)).Where(s => Math.Min(s.Width, s.Height) >= options.JpegMinimumSide)
            : [];
        return sizes.FirstOrDefault(new SKSizeI(codec.Info.Width, codec.Info.Height));
    }
}
