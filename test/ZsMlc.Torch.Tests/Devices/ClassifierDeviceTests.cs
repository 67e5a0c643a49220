using TorchSharp;
using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Classification.Augmentation;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Filtering;
using ZsMlc.Torch.Tests.Clip;
using static TorchSharp.torch;
using static ZsMlc.Torch.Tests.Devices.OtherDevice;

namespace ZsMlc.Torch.Tests.Devices;

/// <summary>Towers, judge, classifier, a training step and augmentation make nothing on the host.</summary>
[TestClass]
public sealed class ClassifierDeviceTests
{
    public static IEnumerable<object[]> Towers => [[true], [false]];

    [TestMethod]
    [DynamicData(nameof(Towers))]
    public void Clip_OnAnotherDevice_MakesNothingOnTheHost(bool resNet)
    {
        using var clip = Clip(resNet);
        var size = clip.Config.Vision.ImageSize;
        Check("image", () => clip.EncodeImage(Random(2, 3, size, size)));
        Check("dense", () => clip.Visual.EncodeDense(Random(2, 3, size, size)));
        Check("text", () => clip.EncodeText(["a dog", "a cat"]));
        Check("logits", () => clip.forward(Random(2, 3, size, size), Ids(3, 12)));
        Check("bytes", () => clip.Preprocessor.Preprocess(Bytes(2, 3, 100, 300)));
        Check("preprocessing gradient", () =>
        {
            var x = rand([2, 3, 100, 120], device: CPU).requires_grad_();
            clip.Preprocessor.Preprocess(x).sum().backward();
            return x.grad!;
        });
        Check("judge", () =>
        {
            using var judge = new ClipDiscriminator(clip, ["dog", "cat", "cup"]);
            return judge.Judge(Bytes(2, 3, 64, 64), tensor(new[,] { { true, false, false }, { false, true, false } }, device: CPU));
        });
    }

    [TestMethod]
    [DataRow(true, false)]
    [DataRow(true, true)]
    [DataRow(false, false)]
    public void Classifier_OnAnotherDevice_MakesNothingOnTheHost(bool resNet, bool everything)
    {
        using var clip = Clip(resNet);
        var size = clip.Config.Vision.ImageSize;
        var options = new FusionClassifierOptions { ContextTokens = 4, Norm = everything ? FusionNorm.BatchNorm : FusionNorm.Affine, FusionProjection = everything, LabelSpecificContext = everything };
        using var classifier = FusionClassifier.Create(clip, ["dog", "cat", "cup"], options);
        Check("score", () => classifier.Score(Bytes(2, 3, 80, 90)));
        Check("training step", () => Step(classifier, size));
        Check("completed score", () =>
        {
            classifier.Complete();
            return classifier.Score(Bytes(2, 3, size, size));
        });
        using var file = new MemoryStream();
        classifier.Save(file, true);
        Check("loaded", () =>
        {
            file.Position = 0;
            using var loaded = FusionClassifier.Load(file, CPU);
            return loaded.Logits(Random(1, 3, size, size), loaded.TextFeatures());
        });
    }

    [TestMethod]
    public void Augmentation_OnAnotherDevice_MakesNothingOnTheHost()
    {
        // Seeds that begin with each of the operations.
        for (var operation = 0; operation < 14; operation++)
        {
            var seed = Enumerable.Range(0, 10_000).First(s => new Random(s).Next(14) == operation);
            Check($"operation {operation}", () => RandAugment.Apply(Bytes(3, 32, 32), new Random(seed)));
        }

        Check("cutout", () => Cutout.Apply(Bytes(3, 32, 32), new Random(1)));
    }

    [TestMethod]
    public void Classifier_Moved_TakesEverythingAlong()
    {
        using var scope = NewDisposeScope();
        using var clip = Clip(true);
        using var classifier = FusionClassifier.Create(clip, ["dog", "cat"], new() { ContextTokens = 4 });
        var size = clip.Config.Vision.ImageSize;
        var scores = classifier.Score(zeros([1, 3, size, size], ScalarType.Byte));

        classifier.to(META);

        var (suffix, end) = classifier.prompt_learner!.Suffixes();
        Assert.IsTrue(classifier.state_dict().Values.Append(suffix).Append(end).Append(classifier.prompt_learner.SharedPrefix(true)).All(t => t.device_type == DeviceType.META));
        Assert.IsFalse(classifier.state_dict().Keys.Any(k => k.Contains("suffix", StringComparison.Ordinal)), "A frame belongs to no checkpoint.");
        CollectionAssert.AreEqual(new long[] { 1, 2 }, scores.shape);
    }

    [TestMethod]
    public void Create_InsideAScope_OutlivesIt()
    {
        using var clip = Clip(true);
        FusionClassifier classifier;
        using (NewDisposeScope())
        {
            classifier = FusionClassifier.Create(clip, ["dog", "cat"], new() { ContextTokens = 4 });
        }

        using (classifier)
        {
            using var texts = classifier.TextFeatures();
            Assert.AreEqual(4, texts.shape[0]);
        }
    }

    private static ClipModel Clip(bool resNet)
    {
        var clip = new ClipModel(resNet ? ClipModelTests.TinyResNet : ClipModelTests.TinyViT);
        clip.eval();
        return clip;
    }

    private static Tensor Step(FusionClassifier classifier, int size)
    {
        classifier.Freeze(train: true);
        using var sgd = new MomentumSgd(classifier.ContextParameters().Concat(classifier.FusionParameters()).Select(p => (p.Name, (Tensor)p.Parameter, (Func<double>)(() => 0.1))), 0.9, 1e-4);
        var loss = new AsymmetricLoss().Pair(classifier.forward(Random(2, 3, size, size)).to(ScalarType.Float32), randint(0, 2, [2, 3], dtype: ScalarType.Float32, device: CPU), ones([2, 1], device: CPU));
        loss.backward();
        Assert.IsTrue(sgd.GradientsAreFinite());
        sgd.LimitGradients(1);
        sgd.Step();
        classifier.Freeze();
        return loss;
    }
}
