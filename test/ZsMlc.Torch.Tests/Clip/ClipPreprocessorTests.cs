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
}
