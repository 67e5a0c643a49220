using ZsMlc.Torch.Clip;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Clip;

[TestClass]
public sealed class ClipPreprocessorTests
{
    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(20, 16000)]
    [DataRow(300, 224)]
    [DataRow(224, 224)]
    public void Preprocess_AnySize_IsSquare(int height, int width)
    {
        using var scope = NewDisposeScope();
        var result = new ClipPreprocessor(224).Preprocess(full([3, height, width], 255, ScalarType.Byte));
        CollectionAssert.AreEqual(new long[] { 1, 3, 224, 224 }, result.shape);
        var white = (1 - 0.48145466) / 0.26862954;
        Assert.AreEqual(white, result[0, 0].mean().item<float>(), 1e-4);
    }

    [TestMethod]
    public void Resize_WideImage_KeepsTheCentre()
    {
        using var scope = NewDisposeScope();
        var image = zeros(3, 8, 24, ScalarType.Byte);
        image.narrow(2, 8, 8).fill_(200);
        Assert.IsTrue(new ClipPreprocessor(8).Resize(image).eq(200).all().item<bool>());
    }

    [TestMethod]
    public void Resize_Checkerboard_IsAveragedNotSampled()
    {
        using var scope = NewDisposeScope();
        var index = arange(64).view(8, 8);
        var board = ((index.div(8, RoundingMode.floor) + index) % 2 * 255).to(ScalarType.Byte).expand(3, 8, 8);
        var half = new ClipPreprocessor(4).Resize(board).to(ScalarType.Float32);
        Assert.IsTrue(half.sub(127.5).abs().max().item<float>() < 30, "Without antialiasing every second pixel would be kept.");
    }

    [TestMethod]
    public void Preprocess_FourChannels_IsRefused() =>
        Assert.ThrowsExactly<ArgumentException>(() => new ClipPreprocessor(8).Preprocess(zeros(1, 4, 8, 8)));

    [TestMethod]
    public void Preprocess_IntegerPixels_AreRefused() =>
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new ClipPreprocessor(8).Preprocess(zeros(1, 3, 8, 8, ScalarType.Int64))).Message, "Int64");

    [TestMethod]
    [DataRow(float.NaN, "NaN")]
    [DataRow(255f, "0 to 1")]
    [DataRow(float.PositiveInfinity, "0 to 1")]
    public void Preprocess_ImpossiblePixel_NamesTheImage(float value, string expected)
    {
        using var scope = NewDisposeScope();
        var images = zeros(3, 3, 10, 12);
        images[1, 2, 3, 4] = value;
        var message = Assert.ThrowsExactly<ArgumentException>(() => new ClipPreprocessor(8).Preprocess(images)).Message;
        StringAssert.Contains(message, "Image 1 of 3");
        StringAssert.Contains(message, expected);
    }

    [TestMethod]
    public void Preprocess_PixelsThatNeedGradients_PassThemOn()
    {
        using var scope = NewDisposeScope();
        var images = rand(1, 3, 4, 90).requires_grad_(true);
        new ClipPreprocessor(8).Preprocess(images).sum().backward();
        Assert.AreEqual(3 * 64 / 0.27, images.grad!.sum().item<float>(), 20);
        Assert.AreEqual(0f, images.grad![.., .., .., ..10].abs().sum().item<float>(), "outside the centre");
        var bad = full([1, 3, 8, 9], float.NaN).requires_grad_(true);
        Assert.IsTrue(new ClipPreprocessor(8).Preprocess(bad).isnan().any().item<bool>(), "A tuning step must see it.");
    }

    [TestMethod]
    public void Resize_GoldenPictures_AgreesWithPillow()
    {
        using var scope = NewDisposeScope();
        using var file = Golden.Open("clip", "preprocessing.safetensors");
        foreach (var name in file.Names.Where(n => n.StartsWith("in_", StringComparison.Ordinal)))
        {
            var expected = file.Read("out_" + name[3..]).to(ScalarType.Float32);
            var pre = new ClipPreprocessor((int)expected.shape[1]);
            var bytes = file.Read(name);
            var difference = (pre.Resize(bytes)[0].to(ScalarType.Float32) - expected).abs();
            Assert.IsTrue(difference.max().item<float>() <= 2, $"{name}: {difference.max().item<float>()}");
            Assert.IsTrue(difference.mean().item<float>() < 0.1, $"{name}: mean {difference.mean().item<float>()}");

            // Floats keep between the two passes the kernel's overshoot that bytes cut off; these pictures are full of it.
            var floats = (pre.Resize(bytes.to(ScalarType.Float32) / 255)[0] * 255).clamp(0, 255);
            Assert.IsTrue((floats - expected).abs().mean().item<float>() < 1, name);
        }
    }

    [TestMethod]
    [DataRow(11, 90)]
    [DataRow(90, 11)]
    [DataRow(3, 40)]
    public void Resize_LongImage_EqualsTheDirectResize(int height, int width)
    {
        using var scope = NewDisposeScope();
        var images = rand(2, 3, height, width, ScalarType.Float32);
        var (h, w) = height < width ? (8L, 8L * width / height) : (8L * height / width, 8L);
        var direct = nn.functional.interpolate(images, [h, w], mode: InterpolationMode.Bicubic, align_corners: false, antialias: true);
        var centre = direct.narrow(2, (long)Math.Round((h - 8) / 2.0), 8).narrow(3, (long)Math.Round((w - 8) / 2.0), 8);
        Golden.AssertClose(centre, new ClipPreprocessor(8).Resize(images), 1e-5, 1e-5, "centre");
    }

    [TestMethod]
    public void Resize_OneRowOfSixteenThousand_TakesLittleMemory()
    {
        // Resized as a whole, the row would take nearly 10 GB as floats.
        using var scope = NewDisposeScope();
        var row = zeros(3, 1, 16000, ScalarType.Byte);
        row.narrow(2, 7990, 20).fill_(90);
        Assert.IsTrue(new ClipPreprocessor(224).Resize(row).eq(90).all().item<bool>());
    }

    [TestMethod]
    public void Preprocess_Batch_TreatsEveryImageAlone()
    {
        using var scope = NewDisposeScope();
        var images = randint(0, 256, [3, 3, 20, 30], ScalarType.Byte);
        var pre = new ClipPreprocessor(8);
        Golden.AssertClose(cat([.. Enumerable.Range(0, 3).Select(i => pre.Preprocess(images[i]))]), pre.Preprocess(images), 0, 1e-6, "batch");
    }
}
