using System.Buffers;
using SkiaSharp;

namespace ZsMlc.MLNet.Images;

/// <summary>
/// Memory to decode a picture in, which is used again by the pictures behind it: the kernel clears new memory page by page, and
/// threads wait for each other meanwhile.
/// </summary>
internal sealed class PixelBuffer : IDisposable
{
    private readonly SKImageInfo _info;
    private readonly bool _clear;
    private readonly byte[] _bytes;

    /// <summary>Creates a buffer.</summary>
    /// <param name="info">What is decoded.</param>
    /// <param name="clear">Whether what is there is cleared, so that a picture which ends early shows nothing of the one before.</param>
    public PixelBuffer(SKImageInfo info, bool clear)
    {
        (_info, _clear) = (info, clear);
        _bytes = ArrayPool<byte>.Shared.Rent(info.BytesSize);
    }

    /// <summary>Gets the pixels.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _info.BytesSize);

    /// <summary>Decodes a picture.</summary>
    /// <param name="codec">Its decoder.</param>
    /// <param name="file">The file that the decoder reads.</param>
    public unsafe SKCodecResult Fill(SKCodec codec, ReadOnlySpan<byte> file)
    {
        var isWhole = _info.Width == codec.Info.Width && _info.Height == codec.Info.Height;
        if (isWhole && codec.EncodedFormat == SKEncodedImageFormat.Jpeg && TurboJpeg.TryDecode(file, _bytes, _info.Width, _info.Height))
        {
            return SKCodecResult.Success;
        }

        if (_clear)
        {
            Array.Clear(_bytes, 0, _info.BytesSize);
        }

        fixed (byte* bytes = _bytes)
        {
            return codec.GetPixels(_info, (nint)bytes);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);
}
