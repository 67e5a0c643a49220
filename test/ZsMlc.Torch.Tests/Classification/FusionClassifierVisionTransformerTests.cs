using TorchSharp;
using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Classification;

/// <summary>The classifier on a vision transformer: what holds for it beyond what the trainer's tests show on a ResNet.</summary>
[TestClass]
public sealed class FusionClassifierVisionTransformerTests
{
    private static readonly string[] s_labels = ["red", "green", "blue", "dark"];

    [TestMethod]
    [DataRow(null, "2,3")]
    [DataRow(1, "3")]
    [DataRow(9, "0,1,2,3")]
    public void Create_FusionBlocks_PutsBranchesIntoTheLastBlocks(int? blocks, string expected)
    {
        using var clip = TinyClip(layers: 4);
        using var classifier = FusionClassifier.Create(clip, s_labels, new() { ContextTokens = 4, FusionBlocks = blocks });
        var carrying = classifier.FusionParameters().Select(p => p.Name.Split('.')[3]).Distinct();

        Assert.AreEqual(expected, string.Join(',', carrying));
    }

    [TestMethod]
    public void Score_BeforeTraining_IsThatOfTheTowerWithoutBranches()
    {
        using var scope = NewDisposeScope();
        using var clip = TinyClip();
        using var plain = Fresh(clip, new() { ContextTokens = 4, Fusion = false });
        using var fused = Fresh(clip, new() { ContextTokens = 4 });
        Share(plain, fused);
        using var rows = FusionClassifierTrainerTests.Rows(4, 3);
        var images = rows.Images([0, 1, 2, 3]);

        Golden.AssertClose(plain.Score(images), fused.Score(images), 0, 1e-3, "scales start at N(0, 1e-4)");
        using (no_grad())
        {
            foreach (var (name, parameter) in fused.FusionParameters())
            {
                if (name.EndsWith(".norm.weight", StringComparison.Ordinal))
                {
                    parameter.zero_();
                }
            }
        }

        fused.ForgetTextFeatures();
        Golden.AssertClose(plain.Score(images), fused.Score(images), 0, 1e-6, "a branch of scale zero adds nothing");
    }

    [TestMethod]
    public void Fit_QuartersOfColours_LowersTheLossAndMovesBranchesAndContexts()
    {
        using var clip = TinyClip();
        using var classifier = Fresh(clip, new() { ContextTokens = 4 });
        using var rows = FusionClassifierTrainerTests.Rows(32, 3);
        var before = classifier.FusionParameters().Concat(classifier.ContextParameters()).ToDictionary(p => p.Name, p => p.Parameter.detach().clone());

        var result = FusionClassifierTrainer.Fit(classifier, Quick with { Epochs = 12 }, rows, rows);

        Assert.IsLessThan(result.EpochLosses[0], result.EpochLosses[^1]);
        foreach (var (name, parameter) in classifier.FusionParameters().Concat(classifier.ContextParameters()))
        {
            // The softmax over positions does not feel this bias.
            Assert.IsTrue(name.EndsWith("agg_attn.bias", StringComparison.Ordinal) || !parameter.equal(before[name]).all().item<bool>(), name);
            before[name].Dispose();
        }
    }

    [TestMethod]
    public void Fit_Interrupted_GoesOnToTheSameModel()
    {
        using var folder = new TemporaryFolder();
        using var clip = TinyClip();
        using var rows = FusionClassifierTrainerTests.Rows(16, 3);
        using var straight = Fresh(clip, new() { ContextTokens = 4 });
        FusionClassifierTrainer.Fit(straight, Quick with { Epochs = 4 }, rows);

        using var source = new CancellationTokenSource();
        using var interrupted = Fresh(clip, new() { ContextTokens = 4 });
        var options = Quick with { Epochs = 4, CheckpointPath = folder["run.safetensors"] };
        Assert.Throws<OperationCanceledException>(() => FusionClassifierTrainer.Fit(interrupted, options, rows, null, new Stopper(2, source), source.Token));
        using var resumed = Fresh(clip, new() { ContextTokens = 4 });
        FusionClassifierTrainer.Fit(resumed, options, rows);

        foreach (var ((name, expected), (_, actual)) in straight.FusionParameters().Concat(straight.ContextParameters()).Zip(resumed.FusionParameters().Concat(resumed.ContextParameters())))
        {
            Assert.IsTrue(expected.equal(actual).all().item<bool>(), name);
        }
    }

    [TestMethod]
    [DataRow(DensePath.Residual, false)]
    [DataRow(DensePath.ResidualMlp, true)]
    public void Load_SavedClassifier_ScoresTheSameBitsAndTakesOtherLabels(DensePath path, bool withText)
    {
        using var scope = NewDisposeScope();
        using var clip = TinyClip();
        using var classifier = Fresh(clip, new() { ContextTokens = 4, DensePath = path, FusionBlocks = 2 });
        classifier.Complete();
        using var stream = new MemoryStream();
        classifier.Save(stream, withText);
        stream.Position = 0;
        using var read = FusionClassifier.Load(stream);
        using var rows = FusionClassifierTrainerTests.Rows(3, 3);
        var images = rows.Images([0, 1, 2]);

        Assert.AreEqual(classifier.Options, read.Options);
        Assert.IsTrue(classifier.Score(images).equal(read.Score(images)).all().item<bool>());
        if (withText)
        {
            using var other = read.WithLabels(["bus", "green"]);
            Golden.AssertClose(read.Score(images)[.., 1], other.Score(images)[.., 1], 1e-3, 2e-3, "the kept label");
        }
    }

    [TestMethod]
    public void Score_BFloat16_IsCloseToSinglePrecision()
    {
        using var scope = NewDisposeScope();
        using var clip = TinyClip();
        using var classifier = Fresh(clip, new() { ContextTokens = 4 });
        using var rows = FusionClassifierTrainerTests.Rows(4, 3);
        var images = rows.Images([0, 1, 2, 3]);
        var single = classifier.Score(images);
        classifier.ComputeType = ScalarType.BFloat16;

        var half = classifier.Score(images);

        Golden.AssertClose(single, half, 0, 0.1, "scores");
        Assert.AreEqual(HalfPrecision.IsSlow(ScalarType.BFloat16, CPU), single.equal(half).all().item<bool>(), "where it is slow, single precision is computed in");
    }

    [TestMethod]
    public void Score_ManyTimes_LeavesNoTensorsBehind()
    {
        using var clip = TinyClip();
        using var classifier = Fresh(clip, new() { ContextTokens = 4 });
        using var rows = FusionClassifierTrainerTests.Rows(2, 3);
        using var images = rows.Images([0, 1]);
        classifier.Score(images).Dispose();
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (var i = 0; i < 5; i++)
        {
            classifier.Score(images).Dispose();
        }

        Assert.AreEqual(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    private static FusionTrainingOptions Quick => new() { Epochs = 2, BatchSize = 8, LearningRate = 1e-4, FusionLearningRate = 1e-2, WarmupEpochs = 0 };

    private static ClipModel TinyClip(int layers = 3)
    {
        manual_seed(1);
        var clip = new ClipModel(new(16, ClipVisionConfig.ViT(32, 64, 8, layers, heads: 2), new(16, 49408, 16, 2, 1)));
        using var none = no_grad();

        // Names that weigh more than the contexts, as in a trained model.
        clip.Text.token_embedding.weight!.mul_(50);
        clip.eval();
        return clip;
    }

    private static FusionClassifier Fresh(ClipModel clip, FusionClassifierOptions options)
    {
        manual_seed(9);
        return FusionClassifier.Create(clip, s_labels, options);
    }

    /// <summary>Gives the second classifier the contexts of the first.</summary>
    private static void Share(FusionClassifier from, FusionClassifier to)
    {
        using var none = no_grad();
        foreach (var ((_, source), (_, target)) in from.ContextParameters().Zip(to.ContextParameters()))
        {
            target.copy_(source);
        }
    }

    private sealed class Stopper(int epochs, CancellationTokenSource source) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Epoch > epochs)
            {
                source.Cancel();
            }
        }
    }
}
