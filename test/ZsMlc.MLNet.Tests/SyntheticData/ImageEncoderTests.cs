using Microsoft.ML.Data;

namespace ZsMlc.MLNet.SyntheticData;

[TestClass]
public sealed class ImageEncoderTests
{
    [TestMethod]
    public void Encode_Png_KeepsEveryPixel()
    {
        var image = Gradient();

        using var decoded = MLImage.CreateFromStream(new MemoryStream(ImageEncoder.Encode(image, ImageFileFormat.Png)));

        Assert.AreEqual((5, 3), (decoded.Width, decoded.Height));
        CollectionAssert.AreEqual(image.Pixels, Rgb(decoded));
    }

    [TestMethod]
    public void Encode_Jpeg_IsNear()
    {
        var image = Gradient();

        using var decoded = MLImage.CreateFromStream(new MemoryStream(ImageEncoder.Encode(image, ImageFileFormat.Jpeg)));

        Assert.IsLessThan(12, Rgb(decoded).Zip(image.Pixels, (a, b) => Math.Abs(a - b)).Max());
    }

    [TestMethod]
    [DataRow(ImageFileFormat.Png)]
    [DataRow(ImageFileFormat.Jpeg)]
    public void Encode_SamePixels_GivesTheSameBytes(ImageFileFormat format) =>
        CollectionAssert.AreEqual(ImageEncoder.Encode(Gradient(), format), ImageEncoder.Encode(Gradient(), format));

    [TestMethod]
    public void Encode_WrongNumberOfBytes_SaysHowManyWereExpected()
    {
        var e = Assert.ThrowsExactly<ArgumentException>(() => ImageEncoder.Encode(new RgbPixels(2, 2, new byte[11]), ImageFileFormat.Png));

        StringAssert.Contains(e.Message, "12 bytes; found 11");
    }

    private static RgbPixels Gradient() => new(5, 3, [.. Enumerable.Range(0, 45).Select(i => (byte)(100 + (i / 3) + (10 * (i % 3))))]);

    private static byte[] Rgb(MLImage image)
    {
        var (r, b) = image.PixelFormat == MLPixelFormat.Bgra32 ? (2, 0) : (0, 2);
        var pixels = image.Pixels.ToArray();
        return [.. Enumerable.Range(0, image.Width * image.Height).SelectMany(i => new[] { pixels[(4 * i) + r], pixels[(4 * i) + 1], pixels[(4 * i) + b] })];
    }
}
