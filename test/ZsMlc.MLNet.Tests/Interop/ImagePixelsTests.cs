using Microsoft.ML.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.MLNet.Interop;

[TestClass]
public sealed class ImagePixelsTests
{
    [TestMethod]
    [DataRow(MLPixelFormat.Rgba32)]
    [DataRow(MLPixelFormat.Bgra32)]
    public void ToTensor_EitherByteOrder_IsRedGreenBlue(MLPixelFormat format)
    {
        byte[] red = format == MLPixelFormat.Rgba32 ? [200, 20, 3, 255] : [3, 20, 200, 255];
        byte[] blue = format == MLPixelFormat.Rgba32 ? [1, 2, 250, 255] : [250, 2, 1, 255];
        using var image = MLImage.CreateFromPixels(2, 1, format, [.. red, .. blue]);

        using var pixels = ImagePixels.ToTensor(image);

        CollectionAssert.AreEqual(new long[] { 3, 1, 2 }, pixels.shape);
        CollectionAssert.AreEqual(new byte[] { 200, 1, 20, 2, 3, 250 }, pixels.data<byte>().ToArray());
    }

    [TestMethod]
    public void ToImage_AndBack_GivesTheSamePixels()
    {
        using var scope = NewDisposeScope();
        var pixels = arange(3 * 4 * 5, ScalarType.Byte).view(3, 4, 5);

        using var image = ImagePixels.ToImage(pixels);

        Assert.AreEqual((5, 4), (image.Width, image.Height));
        CollectionAssert.AreEqual(pixels.data<byte>().ToArray(), ImagePixels.ToTensor(image).data<byte>().ToArray());
    }
}
