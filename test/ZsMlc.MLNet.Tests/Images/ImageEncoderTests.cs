using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Images;

[TestClass]
public sealed class ImageEncoderTests
{
    [TestMethod]
    public void ToPng_Image_KeepsEveryPixel()
    {
        var image = Gradient();

        using var decoded = MLImage.CreateFromStream(new MemoryStream(ImageEncoder.ToPng(image)));

        Assert.AreEqual((5, 3), (decoded.Width, decoded.Height));
        CollectionAssert.AreEqual(image.Pixels, Rgb(decoded));
    }

    [TestMethod]
    public void ToJpeg_Image_IsNear()
    {
        var image = Gradient();

        using var decoded = MLImage.CreateFromStream(new MemoryStream(ImageEncoder.ToJpeg(image)));

        Assert.IsLessThan(12, Rgb(decoded).Zip(image.Pixels, (a, b) => Math.Abs(a - b)).Max());
    }

    [TestMethod]
    public void ToFile_SamePixels_GivesTheSameBytes()
    {
        CollectionAssert.AreEqual(ImageEncoder.ToPng(Gradient()), ImageEncoder.ToPng(Gradient()));
        CollectionAssert.AreEqual(ImageEncoder.ToJpeg(Gradient()), ImageEncoder.ToJpeg(Gradient()));
    }

    [TestMethod]
    public void ToPng_WrongNumberOfBytes_SaysHowManyWereExpected()
    {
        var e = Assert.ThrowsExactly<ArgumentException>(() => ImageEncoder.ToPng(new RgbPixels(2, 2, new byte[11])));

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
