using TorchSharp;
using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Tests.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Classification;

[TestClass]
public sealed class FusionClassifierViewsTests
{
    private static readonly string[] s_labels = ["cat", "dog", "cup"];

    private static ClipModel s_clip = null!;

    [ClassInitialize]
    public static void Create(TestContext context) => s_clip = FusionClassifierTrainerTests.TinyClip();

    [ClassCleanup]
    public static void Clean() => s_clip.Dispose();

    [TestMethod]
    public void Score_Corners_IsTheLargestOfTheWholeAndItsCrops()
    {
        using var scope = NewDisposeScope();
        using var classifier = Mild();
        var images = Images(2 * classifier.InputSize);
        var half = classifier.InputSize;
        var whole = new[] { images, images[.., .., ..half, ..half], images[.., .., ..half, half..], images[.., .., half.., ..half], images[.., .., half.., half..] };
        var expected = stack([.. whole.Select(classifier.Score)], 0).amax([0]);

        classifier.Views = new() { Corners = 0.5 };

        TensorAssert.Within(1e-6, expected, classifier.Score(images));
    }

    [TestMethod]
    [DataRow(ViewJoin.Max)]
    [DataRow(ViewJoin.LogSumExp)]
    [DataRow(ViewJoin.Mean)]
    public void Score_Flips_AreTheSameForTheMirroredImage(ViewJoin join)
    {
        using var scope = NewDisposeScope();
        using var classifier = Mild();
        var images = Images(classifier.InputSize);
        Assert.IsGreaterThan(1e-5, (classifier.Score(images) - classifier.Score(images.flip(3))).abs().max().item<float>());

        classifier.Views = new() { Corners = null, Flips = true, Join = join };

        TensorAssert.Within(1e-6, classifier.Score(images.flip(3)), classifier.Score(images));
    }

    [TestMethod]
    public void WithViews_OutlivesItsModelAndIsSavedWithThem()
    {
        using var scope = NewDisposeScope();
        var classifier = Mild();
        classifier.Complete();
        var images = Images(classifier.InputSize);
        var plain = Bits(classifier.Score(images));
        using var viewed = classifier.WithViews(new() { Corners = 0.75, Flips = true });
        using var again = viewed.WithViews(null);
        classifier.Dispose();

        Assert.AreEqual(plain, Bits(again.Score(images)));
        foreach (var withText in new[] { true, false })
        {
            using var stream = new MemoryStream();
            viewed.Save(stream, withText);
            stream.Position = 0;
            using var read = FusionClassifier.Load(stream);
            Assert.AreEqual(viewed.Views, read.Views);
            Assert.AreEqual(Bits(viewed.Score(images)), Bits(read.Score(images)));
            using var back = read.WithViews(null);
            Assert.AreEqual(plain, Bits(back.Score(images)));
        }
    }

    [TestMethod]
    public void Load_WrongViews_IsRefused()
    {
        using var classifier = Mild();
        classifier.Views = new();
        using var stream = new MemoryStream();
        classifier.Save(stream, includeTextEncoder: false, checksum: false);
        var text = System.Text.Encoding.Latin1.GetString(stream.ToArray());
        var changed = text.Replace("Corners\\u0022:0.6666666666666666", "Corners\\u0022:0.0006666666666666", StringComparison.Ordinal);
        Assert.AreNotEqual(text, changed);
        using var plain = new MemoryStream(System.Text.Encoding.Latin1.GetBytes(changed));

        var e = Assert.ThrowsExactly<ZsMlc.Torch.Checkpoints.CheckpointFormatException>(() => FusionClassifier.Load(plain).Dispose());

        StringAssert.Contains(e.Message, "Corners must be 0.25 to below 1");
    }

    [TestMethod]
    public void Create_InputSize_IsWhatImagesAreResizedTo()
    {
        using var scope = NewDisposeScope();
        using var small = Mild();
        using var large = Mild(64);
        var images = Images(64);

        Assert.AreEqual((32, 64), (small.InputSize, large.InputSize));
        Assert.AreEqual(Bits(large.Score(images)), Bits(large.Score(Images(64))));
        Assert.IsGreaterThan(1e-6, (large.Score(images) - small.Score(images)).abs().max().item<float>());
        using var stream = new MemoryStream();
        large.Complete();
        large.Save(stream);
        stream.Position = 0;
        using var read = FusionClassifier.Load(stream);
        Assert.AreEqual(64, read.InputSize);
        Assert.AreEqual(Bits(large.Score(images)), Bits(read.Score(images)));
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(-32)]
    [DataRow(48)]
    [DataRow(32 * 9)]
    [DataRow(int.MaxValue - 31)]
    public void Create_InputSizeThatTheTowerDoesNotTake_IsRefused(int size)
    {
        var e = Assert.ThrowsExactly<ArgumentException>(() => Mild(size).Dispose());

        StringAssert.Contains(e.Message, $"InputSize is {size}; this image tower takes multiples of 32 up to 256");
    }

    private static string Bits(Tensor scores) => string.Join(' ', scores.data<float>().ToArray().Select(BitConverter.SingleToUInt32Bits));

    private static Tensor Images(int side)
    {
        using var generator = new Generator(4, CPU);
        return randint(0, 255, [2, 3, side, side], dtype: ScalarType.Byte, generator: generator);
    }

    private static FusionClassifier Mild(int? inputSize = null) => MildClassifier.Create(s_clip, s_labels, inputSize);
}
