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
    [DataRow(MLPixelFormat.Rgba32)]
    [DataRow(MLPixelFormat.Bgra32)]
    public void ToSquare_ResizedAsBytes_IsCloseToTheResizeInFloatingPoint(MLPixelFormat format)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(1);
        var smooth = nn.functional.interpolate(rand(1, 3, 5, 7), [60, 90], mode: InterpolationMode.Bicubic, align_corners: false).clamp(0, 1);
        using var opaque = ImagePixels.ToImage((smooth[0] * 255).to(ScalarType.Byte));
        byte[] bytes = [.. opaque.Pixels.ToArray().Chunk(4).SelectMany(p => format == MLPixelFormat.Bgra32 ? [p[2], p[1], p[0], p[3]] : p)];
        using var image = MLImage.CreateFromPixels(90, 60, format, bytes);

        var square = ImagePixels.ToSquare(image, 32);

        var exact = nn.functional.interpolate(ImagePixels.ToTensor(image).unsqueeze(0).to(ScalarType.Float32), [32, 32], mode: InterpolationMode.Bicubic, align_corners: false, antialias: true);
        CollectionAssert.AreEqual(new long[] { 3, 32, 32 }, square.shape);
        Assert.IsTrue(square.is_contiguous());
        Assert.IsTrue((square.to(ScalarType.Float32) - exact[0].clamp(0, 255)).abs().max().item<float>() <= 2);
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
