using ZsMlc.Torch.Filtering;
using ZsMlc.Torch.Tests.Classification;
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
