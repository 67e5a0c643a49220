using System.Buffers.Binary;
using System.IO.Compression;
using Microsoft.ML.Data;

namespace ZsMlc.MLNet;

/// <summary>Writes small image files of every kind that the loaders must cope with.</summary>
internal static class TestPictures
{
    /// <summary>A picture with one colour, in the format of the file's ending.</summary>
    public static string Solid(string path, int width, int height, byte red, byte green, byte blue) =>
        Draw(path, width, height, (_, _) => (red, green, blue));

    /// <summary>A picture whose colours are a function of the place.</summary>
    public static string Draw(string path, int width, int height, Func<int, int, (byte R, byte G, byte B)> colour)
    {
        var pixels = new byte[width * height * 4];
        for (var i = 0; i < width * height; i++)
        {
            (pixels[4 * i], pixels[4 * i + 1], pixels[4 * i + 2]) = colour(i % width, i / width);
            pixels[4 * i + 3] = 255;
        }

        using var image = MLImage.CreateFromPixels(width, height, MLPixelFormat.Rgba32, pixels);
        image.Save(path);
        return path;
    }

    /// <summary>A PNG of one value: one channel makes it grey, two grey with alpha, three RGB, four RGB with alpha.</summary>
    public static string Png(string path, int width, int height, params byte[] value)
    {
        byte kind = value.Length switch { 1 => 0, 2 => 4, 3 => 2, _ => 6 };
        using var raw = new MemoryStream();
        using (var zip = new ZLibStream(raw, CompressionLevel.Optimal, leaveOpen: true))
        {
            for (var y = 0; y < height; y++)
            {
                zip.WriteByte(0);
                for (var x = 0; x < width; x++)
                {
                    zip.Write(value);
                }
            }
        }

        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, kind);
        using var file = File.Create(path);
        file.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        Chunk(file, "IHDR", header);
        Chunk(file, "IDAT", raw.ToArray());
        Chunk(file, "IEND", []);
        return path;
    }

    /// <summary>Writes a camera's note of how it was held into a JPEG.</summary>
    /// <param name="path">The file.</param>
    /// <param name="orientation">EXIF's orientation, 1 to 8.</param>
    public static void Orient(string path, byte orientation)
    {
        var jpeg = File.ReadAllBytes(path);
        byte[] exif = [.. "Exif\0\0II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0];
        File.WriteAllBytes(path, [.. jpeg[..2], 0xFF, 0xE1, 0, (byte)(exif.Length + 2), .. exif, .. jpeg[2..]]);
    }

    /// <summary>An 8×8 baseline JPEG of one CMYK colour, with Adobe's marker, whose values are inverted: 255 is no ink.</summary>
    public static string CmykJpeg(string path, byte cyan, byte magenta, byte yellow, byte key)
    {
        using var file = File.Create(path);
        file.Write([0xFF, 0xD8, 0xFF, 0xEE, 0, 14, .. "Adobe"u8, 0, 100, 0, 0, 0, 0, 0]);
        file.Write([0xFF, 0xDB, 0, 67, 0, .. Enumerable.Repeat((byte)1, 64)]);
        file.Write([0xFF, 0xC0, 0, 20, 8, 0, 8, 0, 8, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0]);

        // Four-bit codes for the twelve DC categories, and a one-bit code for "end of block".
        file.Write([0xFF, 0xC4, 0, 31, 0x00, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. Enumerable.Range(0, 12).Select(i => (byte)i)]);
        file.Write([0xFF, 0xC4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        file.Write([0xFF, 0xDA, 0, 14, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0]);
        List<bool> bits = [];
        foreach (var ink in new[] { cyan, magenta, yellow, key })
        {
            // The DC coefficient of a flat block is eight times its value around 128.
            var dc = 8 * (ink - 128);
            var size = dc == 0 ? 0 : (int)Math.Log2(Math.Abs(dc)) + 1;
            Bits(bits, size, 4);
            Bits(bits, dc < 0 ? dc + (1 << size) - 1 : dc, size);
            Bits(bits, 0, 1);
        }

        while (bits.Count % 8 != 0)
        {
            bits.Add(true);
        }

        foreach (var octet in bits.Chunk(8).Select(c => c.Aggregate(0, (sum, bit) => 2 * sum + (bit ? 1 : 0))))
        {
            file.WriteByte((byte)octet);
            if (octet == 0xFF)
            {
                file.WriteByte(0);
            }
        }

        file.Write([0xFF, 0xD9]);
        return path;
    }

    private static void Bits(List<bool> bits, int value, int count)
    {
        for (var i = count - 1; i >= 0; i--)
        {
            bits.Add((value >> i & 1) == 1);
        }
    }

    private static void Chunk(Stream file, string name, byte[] data)
    {
        byte[] body = [.. System.Text.Encoding.ASCII.GetBytes(name), .. data];
        var word = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(word, data.Length);
        file.Write(word);
        file.Write(body);
        var crc = 0xFFFFFFFFu;
        foreach (var octet in body)
        {
            crc ^= octet;
            for (var k = 0; k < 8; k++)
            {
                crc = (crc & 1) != 0 ? 0xEDB88320u ^ crc >> 1 : crc >> 1;
            }
        }

        BinaryPrimitives.WriteUInt32BigEndian(word, ~crc);
        file.Write(word);
    }
}
