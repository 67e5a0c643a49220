using ZsMlc.Torch.Runtime;

namespace ZsMlc.MLNet.Images;

/// <summary>
/// The system's libjpeg-turbo, where a Linux machine has one (Debian's package <c>libturbojpeg0</c>). Skia holds the same decoder, but on
/// x64 built without vector code: the pixels of whole files are the same, bit by bit (with its versions from 2.1 on), in about half the time.
/// </summary>
internal static unsafe class TurboJpeg
{
    // The library's numbers: 32-bit red, green, blue and a full alpha; stop at the first warning, and at hundreds of scans, which Skia then reads as it would without this.
    private const int Rgba = 7, StopOnWarning = 8192, LimitScans = 32768;

    private static readonly nint s_library = OperatingSystem.IsLinux() ? NativeLookup.Library("libturbojpeg.so.0") : 0;

    private static readonly delegate* unmanaged<nint> s_begin = (delegate* unmanaged<nint>)NativeLookup.Function(s_library, "tjInitDecompress");

    private static readonly delegate* unmanaged<nint, byte*, nuint, byte*, int, int, int, int, int, int> s_decode =
        (delegate* unmanaged<nint, byte*, nuint, byte*, int, int, int, int, int, int>)NativeLookup.Function(s_library, "tjDecompress2");

    private static readonly delegate* unmanaged<nint, int> s_end = (delegate* unmanaged<nint, int>)NativeLookup.Function(s_library, "tjDestroy");

    /// <summary>Gets whether there is such a library.</summary>
    public static bool IsAvailable => s_begin != null && s_decode != null && s_end != null;

    /// <summary>Decodes a file that is whole and sound.</summary>
    /// <param name="file">A JPEG file.</param>
    /// <param name="pixels">Takes the RGBA pixels, width · height · 4 bytes.</param>
    /// <param name="width">Width of the picture, as its header has it.</param>
    /// <param name="height">Height of the picture, likewise.</param>
    /// <returns>Whether it did. False for whatever is unusual about a file, which is left to the decoder that can tell what.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> file, Span<byte> pixels, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pixels.Length, checked(width * height * 4));
        if (!IsAvailable || s_begin() is not (not 0 and var decoder))
        {
            return false;
        }

        fixed (byte* from = file, to = pixels)
        {
            var error = s_decode(decoder, from, (nuint)file.Length, to, width, 0, height, Rgba, StopOnWarning | LimitScans);
            _ = s_end(decoder);
            return error == 0;
        }
    }
}
