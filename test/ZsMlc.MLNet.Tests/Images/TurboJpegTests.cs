using SkiaSharp;

namespace ZsMlc.MLNet.Images;

[TestClass]
public sealed class TurboJpegTests
{
    [TestMethod]
    [DataRow("444.jpg")]
    [DataRow("422.jpg")]
    [DataRow("420.jpg")]
    [DataRow("440.jpg")]
    [DataRow("grey.jpg")]
    [DataRow("rgb.jpg")]
    [DataRow("progressive.jpg")]
    [DataRow("arithmetic.jpg")]
    [DataRow("restart.jpg")]
    public void TryDecode_EveryKindOfJpeg_GivesTheBitsOfTheOtherDecoder(string name)
    {
        Require();
        var file = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Images", "Jpeg", name));
        using var codec = SKCodec.Create(new MemoryStream(file));
        using SKBitmap expected = new(new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Premul));
        Assert.AreEqual(SKCodecResult.Success, codec.GetPixels(expected.Info, expected.GetPixels()));

        var pixels = new byte[expected.ByteCount];

        Assert.IsTrue(TurboJpeg.TryDecode(file, pixels, expected.Width, expected.Height));
        Assert.IsTrue(expected.GetPixelSpan().SequenceEqual(pixels));
        using var read = ImageReader.Read(new MemoryStream(file), name);
        Assert.IsTrue(read.Pixels.SequenceEqual(pixels));
    }

    [TestMethod]
    public void TryDecode_CutDamagedOrOfAnotherFormat_IsLeftToTheOtherDecoder()
    {
        Require();
        var file = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Images", "Jpeg", "420.jpg"));
        var pixels = new byte[61 * 45 * 4];

        for (var cut = 1; cut < file.Length; cut += 1 + cut / 8)
        {
            Assert.IsFalse(TurboJpeg.TryDecode(file[..^cut], pixels, 61, 45), $"{cut} bytes cut off");
        }

        Assert.IsFalse(TurboJpeg.TryDecode([0x89, (byte)'P', (byte)'N', (byte)'G'], pixels, 61, 45));
        Assert.IsFalse(TurboJpeg.TryDecode([], pixels, 61, 45));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => TurboJpeg.TryDecode(file, pixels[..^1], 61, 45));
    }

    private static void Require()
    {
        if (!TurboJpeg.IsAvailable)
        {
            Assert.Inconclusive("There is no libturbojpeg.so.0 on this machine.");
        }
    }
}
