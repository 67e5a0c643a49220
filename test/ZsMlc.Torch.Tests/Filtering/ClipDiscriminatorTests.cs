using TorchSharp;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Filtering;
using ZsMlc.Torch.Runtime;
using ZsMlc.Torch.Tests.Classification;
using ZsMlc.Torch.Tests.Clip;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Filtering;

[TestClass]
public sealed class ClipDiscriminatorTests
{
    [TestMethod]
    public void Scores_Images_AreClipsLogits()
    {
        using var scope = NewDisposeScope();
        using var clip = FusionClassifierTrainerTests.TinyClip();
        using var judge = new ClipDiscriminator(clip, ["cat", "dog"], "a photo of a {0}.");
        var images = rand(3, 3, 40, 48);
        var expected = clip.forward(clip.Preprocessor.Preprocess(images), clip.Tokenizer.Tokenize(["a photo of a cat.", "a photo of a dog."], clip.Config.Text.ContextLength));
        Golden.AssertClose(expected, judge.Scores(images), 1e-5, 1e-5, "scores");
        var targets = judge.Targets([[0], [1], [0, 1]]);
        Golden.AssertClose(GroupingSoftmax.Compute(expected, targets), judge.Judge(images, targets), 1e-5, 1e-5, "V");
    }

    [TestMethod]
    [DataRow(false, false)]
    [DataRow(true, false)]
    [DataRow(true, true)]
    public void Scores_WithoutGradients_AgreeWithThePlainTower(bool transformer, bool quick)
    {
        using var clip = transformer ? new ClipModel(ClipModelTests.TinyViT with { QuickGelu = quick }) : FusionClassifierTrainerTests.TinyClip();
        clip.eval();
        using var scope = NewDisposeScope();
        using var judge = new ClipDiscriminator(clip, ["cat", "dog"]);
        var images = rand(3, 3, clip.Config.Vision.ImageSize, clip.Config.Vision.ImageSize);
        var plain = judge.Scores(images).detach();
        using (inference_mode())
        {
            Golden.AssertL2(plain, judge.Scores(images), 1e-5, "scores");
        }

        using var noGrad = no_grad();
        Golden.AssertL2(plain, judge.Scores(images), 1e-5, "scores again, outside of inference mode");
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Scores_BFloat16Images_AreAboutThoseOfSinglePrecision(bool transformer)
    {
        using var clip = transformer ? new ClipModel(ClipModelTests.TinyViT) : FusionClassifierTrainerTests.TinyClip();
        clip.eval();
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var judge = new ClipDiscriminator(clip, ["cat", "dog"]);
        var images = rand(3, 3, clip.Config.Vision.ImageSize, clip.Config.Vision.ImageSize);
        var single = judge.Scores(images);
        clip.ImageType = ScalarType.BFloat16;
        using var rounded = new ClipDiscriminator(clip, ["cat", "dog"]);

        var half = rounded.Scores(images);

        Assert.AreEqual(ScalarType.Float32, half.dtype);
        Golden.AssertL2(single, half, 0.05, "scores");
        Assert.IsGreaterThan(0, (single - half).abs().max().item<float>(), "the weights at least are rounded");
        if (HalfPrecision.IsSlow(ScalarType.BFloat16, CPU))
        {
            clip.ImageType = ScalarType.Float32;
            using var wide = new ClipDiscriminator(clip, ["cat", "dog"]);
            Golden.AssertL2(wide.Scores(images), half, 1e-6, "the same weights in single precision");
        }
    }

    [TestMethod]
    public void Dispose_AfterScores_LeavesNoTensorsBehind()
    {
        using var inference = inference_mode();
        using var clip = new ClipModel(ClipModelTests.TinyViT);
        clip.eval();
        using var images = randint(0, 256, [2, 3, 40, 48], ScalarType.Byte);
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        using (var judge = new ClipDiscriminator(clip, ["cat", "dog"]))
        {
            judge.Scores(images).Dispose();
            judge.Scores(images).Dispose();
        }

        Assert.AreEqual(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [TestMethod]
    public void Judge_FloatImages_PassesGradients()
    {
        using var scope = NewDisposeScope();
        using var clip = FusionClassifierTrainerTests.TinyClip();
        using var judge = new ClipDiscriminator(clip, ["cat", "dog"]);
        var images = rand(1, 3, 40, 48).requires_grad_(true);
        judge.Judge(images, judge.Targets([[0]]))[0, 0].backward();
        Assert.IsGreaterThan(0f, images.grad!.abs().sum().item<float>());
    }

    [TestMethod]
    public void Constructor_BadArguments_AreNamed()
    {
        using var clip = FusionClassifierTrainerTests.TinyClip();
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new ClipDiscriminator(clip, [])).Message, "labels");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new ClipDiscriminator(clip, ["a"], "photo")).Message, "{0}");
    }
}
