using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Clip;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Classification;

[TestClass]
public sealed class FusionClassifierFilesTests
{
    private static readonly string[] s_labels = ["cat", "dog", "cup"];

    [TestMethod]
    [DataRow(false, ScalarType.Float16)]
    [DataRow(true, ScalarType.Float16)]
    [DataRow(true, ScalarType.Float32)]
    public void Load_SavedClassifier_ScoresBitEqual(bool withText, ScalarType storage)
    {
        using var scope = NewDisposeScope();
        using var clip = FusionClassifierTrainerTests.TinyClip();
        using var classifier = FusionClassifier.Create(clip, s_labels, new() { ContextTokens = 4 });
        classifier.Complete(storage);
        using var stream = new MemoryStream();
        classifier.Save(stream, withText);
        stream.Position = 0;
        using var read = FusionClassifier.Load(stream);
        var images = randint(0, 255, [3, 3, 40, 50], dtype: ScalarType.Byte);
        Assert.IsTrue(classifier.Score(images).equal(read.Score(images)).all().item<bool>());
        CollectionAssert.AreEqual(s_labels, read.Labels.ToArray());
        Assert.AreEqual(withText ? ScalarType.Float32 : storage, read.image_encoder.DType, "What is only folded takes no more memory than stored.");
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Save_LoadedClassifier_LoadsAndScoresAgain(bool views)
    {
        using var scope = NewDisposeScope();
        using var clip = FusionClassifierTrainerTests.TinyClip();
        using var classifier = FusionClassifier.Create(clip, s_labels, new() { ContextTokens = 4 });
        classifier.Complete();
        using var first = Again(classifier);
        using var changed = views ? first.WithViews(new() { Flips = true }) : null;
        using var second = Again(changed ?? first);
        using var third = Again(second);
        var images = randint(0, 255, [3, 3, 40, 50], dtype: ScalarType.Byte);
        Assert.IsTrue((changed ?? classifier).Score(images).equal(third.Score(images)).all().item<bool>());

        static FusionClassifier Again(FusionClassifier classifier)
        {
            using var stream = new MemoryStream();
            classifier.Save(stream);
            stream.Position = 0;
            return FusionClassifier.Load(stream);
        }
    }

    [TestMethod]
    public void WithLabels_LoadedWithText_EqualsAClassifierOfThoseLabels()
    {
        using var scope = NewDisposeScope();
        using var clip = FusionClassifierTrainerTests.TinyClip();
        using var classifier = FusionClassifier.Create(clip, s_labels, new() { ContextTokens = 4 });
        classifier.Complete(ScalarType.Float32);
        using var stream = new MemoryStream();
        classifier.Save(stream, includeTextEncoder: true);
        stream.Position = 0;
        using var read = FusionClassifier.Load(stream);
        using var other = read.WithLabels(["dog", "bus"]);
        var images = randint(0, 255, [2, 3, 32, 32], dtype: ScalarType.Byte);
        var (before, after) = (classifier.Score(images), other.Score(images));
        Golden.AssertClose(before[.., 1], after[.., 0], 1e-5, 1e-6, "the kept label");
        CollectionAssert.AreEqual(new long[] { 2, 2 }, after.shape);
    }

    [TestMethod]
    public void WithLabels_NoTextTower_SaysWhatIsMissing()
    {
        using var clip = FusionClassifierTrainerTests.TinyClip();
        using var classifier = FusionClassifier.Create(clip, s_labels, new() { ContextTokens = 4 });
        using var stream = new MemoryStream();
        classifier.Save(stream);
        stream.Position = 0;
        using var read = FusionClassifier.Load(stream);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => read.WithLabels(["x"])).Message, "text tower");
    }

    [TestMethod]
    public void Load_CutStream_IsRefused()
    {
        using var clip = FusionClassifierTrainerTests.TinyClip();
        using var classifier = FusionClassifier.Create(clip, s_labels, new() { ContextTokens = 4 });
        using var stream = new MemoryStream();
        classifier.Save(stream);
        foreach (var length in new[] { 4, 100, (int)stream.Length - 10 })
        {
            using var cut = new MemoryStream(stream.ToArray()[..length]);
            Assert.ThrowsExactly<CheckpointFormatException>(() => FusionClassifier.Load(cut));
        }
    }

    [TestMethod]
    public void Create_LongLabel_NamesItAndTheLimit()
    {
        using var clip = FusionClassifierTrainerTests.TinyClip();
        var label = string.Join(' ', Enumerable.Repeat("cat", 80));
        var e = Assert.ThrowsExactly<ArgumentException>(() => FusionClassifier.Create(clip, [label], new() { ContextTokens = 4 }));
        StringAssert.Contains(e.Message, "81 tokens");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => FusionClassifier.Create(clip, s_labels, new() { ContextTokens = 1000 })).Message, "1000 context tokens leave no label room");
    }

    [TestMethod]
    public void Create_DensePathForAResNet_IsRefused()
    {
        using var clip = FusionClassifierTrainerTests.TinyClip();
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => FusionClassifier.Create(clip, s_labels, new() { DensePath = DensePath.Plain })).Message, "DensePath is Plain");
    }
}
