using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Runtime;
using ZsMlc.Torch.Tests.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Classification;

[TestClass]
public sealed class FusionClassifierTrainerTests
{
    private static readonly string[] s_labels = ["red", "green", "blue", "dark"];

    internal static ClipModel TinyClip(int seed = 1)
    {
        manual_seed(seed);
        var clip = new ClipModel(new(16, ClipVisionConfig.ResNet(32, 16, [1, 1, 1, 1], heads: 4), new(16, 49408, 16, 2, 1)));
        using (no_grad())
        {
            // Freshly initialised residual branches are zero: give them something to say.
            foreach (var (name, parameter) in clip.named_parameters())
            {
                if (name.EndsWith("bn3.weight", StringComparison.Ordinal))
                {
                    nn.init.ones_(parameter);
                }
                else if (name.EndsWith("token_embedding.weight", StringComparison.Ordinal))
                {
                    // Names that weigh more than the contexts, as in a trained model.
                    parameter.mul_(50);
                }
            }
        }

        // Batch statistics of real pixels: without them the signal fades from layer to layer.
        using var scope = NewDisposeScope();
        using var none = no_grad();
        clip.train();
        using var rows = Rows(16, 77);
        var pixels = clip.Preprocessor.Normalize(rows.Images(Enumerable.Range(0, 16).ToArray()));
        for (var i = 0; i < 40; i++)
        {
            clip.EncodeImage(pixels);
        }

        clip.eval();
        return clip;
    }

    /// <summary>Images whose labels are colours of their four quarters.</summary>
    internal static InMemoryTrainingRows Rows(int count, int seed, int size = 32, bool synthetic = false)
    {
        var random = new Random(seed);
        var images = zeros(count, 3, size, size, ScalarType.Byte);
        var targets = new float[count, s_labels.Length];
        for (var i = 0; i < count; i++)
        {
            for (var quarter = 0; quarter < 4; quarter++)
            {
                var colour = random.Next(4);
                targets[i, colour] = 1;
                using var scope = NewDisposeScope();
                var patch = images[i].narrow(1, quarter / 2 * size / 2, size / 2).narrow(2, quarter % 2 * size / 2, size / 2);
                patch.copy_(randint(0, 40, [3, size / 2, size / 2], dtype: ScalarType.Byte, generator: new Generator((ulong)random.Next(), CPU)));
                if (colour < 3)
                {
                    patch[colour].add_((byte)180);
                }
            }
        }

        return new(images, tensor(targets), Enumerable.Repeat(synthetic, count).ToArray());
    }

    private static FusionTrainingOptions Quick => new() { Epochs = 2, BatchSize = 8, LearningRate = 1e-4, FusionLearningRate = 1e-3, WarmupEpochs = 0 };

    [TestMethod]
    public void Fit_SmallSet_IsLearntByHeart()
    {
        using var clip = TinyClip();
        using var classifier = FusionClassifier.Create(clip, s_labels, new() { ContextTokens = 4, LabelSpecificContext = true });
        using (no_grad())
        {
            // With random towers, different contexts give saturated scores, which have no gradient: start undecided.
            classifier.prompt_learner!.ctx_neg.copy_(classifier.prompt_learner.ctx_pos);
        }

        using var rows = Rows(32, 3);
        var result = FusionClassifierTrainer.Fit(classifier, Quick with { Epochs = 60, LearningRate = 1e-5, FusionLearningRate = 3e-4, LossScale = 1, Cutout = false, RandAugment = false }, rows, rows);
        Assert.IsGreaterThan(0.99, result.ValidationScores.Max(), $"losses {result.EpochLosses[0]:f3} to {result.EpochLosses[^1]:f3}");
        Assert.AreEqual(result.ValidationScores.ToList().IndexOf(result.ValidationScores.Max()) + 1, result.BestEpoch);
    }

    [TestMethod]
    public void Fit_SameSeed_GivesTheSameModelAndAnotherSeedAnother()
    {
        Assert.AreEqual(Digest(5), Digest(5));
        Assert.AreNotEqual(Digest(5), Digest(6));
    }

    [TestMethod]
    public void Fit_GradientLimit_BoundsTheFirstStep()
    {
        using var clip = TinyClip();
        using var rows = Rows(8, 3);
        double Distance(double? limit)
        {
            using var scope = NewDisposeScope();
            using var classifier = Fresh(clip);
            var before = classifier.ContextParameters().Concat(classifier.FusionParameters()).Select(p => p.Parameter.detach().clone()).ToList();
            FusionClassifierTrainer.Fit(classifier, Quick with { Epochs = 1, LearningRate = 0.5, FusionLearningRate = 0.5, WeightDecay = 0, MaxGradientNorm = limit }, rows);
            var after = classifier.ContextParameters().Concat(classifier.FusionParameters()).Select(p => p.Parameter.detach());
            return stack(before.Zip(after, (a, b) => (b - a).norm()), 0).norm().item<float>();
        }

        var free = Distance(null) / 0.5;
        Assert.AreEqual(0.5 * free / 4, Distance(free / 4), 1e-3 * free, "One step of a gradient that was cut to a quarter.");
        Assert.AreEqual(0.5 * free, Distance(2 * free), 1e-3 * free, "A gradient below the limit stays as it is.");
    }

    [TestMethod]
    [DataRow(FusionNorm.Affine)]
    [DataRow(FusionNorm.BatchNorm)]
    public void Fit_BatchOfSeveralParts_StepsByTheGradientOfTheWhole(FusionNorm norm)
    {
        using var scope = NewDisposeScope();
        using var clip = TinyClip();
        using var classifier = FusionClassifier.Create(clip, s_labels, new() { ContextTokens = 4, Norm = norm }, new Generator(3, CPU));
        var count = (int)classifier.image_encoder.ImagesAtATime(classifier.InputSize) + 10;
        using var rows = Rows(count, 5);
        var options = Quick with { Epochs = 1, BatchSize = count, Cutout = false, RandAugment = false, LossScale = 1 };
        classifier.Freeze(train: true);
        var learnt = classifier.ContextParameters().Concat(classifier.FusionParameters()).Select(p => (p.Name, Value: (Tensor)p.Parameter)).ToList();
        var all = Enumerable.Range(0, count).ToArray();
        GradientFunction.Backward(options.Loss.Pair(classifier.forward(classifier.Preprocessor.Normalize(rows.Images(all))), rows.Targets(all)));
        var expected = learnt.Select(p => p.Value.grad!.clone()).ToList();

        FusionClassifierTrainer.Fit(classifier, options, rows);

        // The biases in front of the softmax over positions have no gradient but rounding's.
        var largest = expected.Max(g => g.abs().max().item<float>());
        foreach (var ((name, value), gradient) in learnt.Zip(expected))
        {
            TensorAssert.Within(1e-4 * gradient.abs().max().item<float>() + 1e-9 * largest, gradient, value.grad!, name);
        }
    }

    [TestMethod]
    public void Fit_ScoredBefore_EndsLikeOneNeverScored()
    {
        using var rows = Rows(16, 3);
        using var clip = TinyClip();
        using var scored = Fresh(clip);
        using var images = rows.Images([0, 1]);
        scored.Score(images).Dispose();
        FusionClassifierTrainer.Fit(scored, Quick with { Seed = 5 }, rows);
        Assert.AreEqual(Digest(5), Digest(scored));
    }

    [TestMethod]
    public void Fit_Interrupted_GoesOnToTheSameModel()
    {
        using var folder = new TemporaryFolder();
        using var rows = Rows(16, 3);
        using var validation = Rows(8, 4);
        using var clip = TinyClip();
        var options = Quick with { Epochs = 4 };
        using var straight = Fresh(clip);
        var expected = FusionClassifierTrainer.Fit(straight, options, rows, validation);

        using var interrupted = Fresh(clip);
        using var source = new CancellationTokenSource();
        var stop = new Stopper(2, source);
        options = options with { CheckpointPath = folder["run.safetensors"] };
        Assert.Throws<OperationCanceledException>(() => FusionClassifierTrainer.Fit(interrupted, options, rows, validation, stop, source.Token));
        using var resumed = Fresh(clip);
        var actual = FusionClassifierTrainer.Fit(resumed, options, rows, validation);
        CollectionAssert.AreEqual(expected.EpochLosses.ToArray(), actual.EpochLosses.ToArray());
        Assert.AreEqual(Digest(straight), Digest(resumed));

        var other = options with { BatchSize = 4 };
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => FusionClassifierTrainer.Fit(resumed, other, rows, validation)).Message, "CheckpointPath");
    }

    [TestMethod]
    public void Fit_CancelledWithBest_ReturnsTheBestSoFar()
    {
        using var rows = Rows(16, 3);
        using var clip = TinyClip();
        using var classifier = Fresh(clip);
        using var source = new CancellationTokenSource();
        var result = FusionClassifierTrainer.Fit(classifier, Quick with { Epochs = 100, ReturnBestOnCancel = true }, rows, null, new Stopper(3, source), source.Token);
        Assert.IsTrue(result.WasCancelled);
        Assert.AreEqual(3, result.BestEpoch);
    }

    [TestMethod]
    public void Fit_Patience_EndsEarly()
    {
        using var rows = Rows(8, 3);
        using var clip = TinyClip();
        using var classifier = Fresh(clip);
        var result = FusionClassifierTrainer.Fit(classifier, Quick with { Epochs = 50, LearningRate = 0, FusionLearningRate = 0, WeightDecay = 0, Patience = 2 }, rows, rows);
        Assert.HasCount(3, result.EpochLosses);
        Assert.AreEqual(1, result.BestEpoch);
    }

    [TestMethod]
    public void Fit_ScoreThatFalls_EndsEarlyWithTheBestEpochsWeights()
    {
        using var rows = Rows(16, 3);
        using var validation = Rows(8, 4);
        using var clip = TinyClip();
        using var classifier = Fresh(clip);
        var options = Quick with { Epochs = 40, FusionLearningRate = 0.03, Patience = 3 };

        var result = FusionClassifierTrainer.Fit(classifier, options, rows, validation);

        var scores = result.ValidationScores;
        Assert.HasCount(result.BestEpoch + 3, scores);
        Assert.IsLessThan(options.Epochs, scores.Count);
        Assert.IsLessThan(scores[result.BestEpoch - 1], scores.Skip(result.BestEpoch).Max(), string.Join(' ', scores));

        // An epoch without steps of any size leaves the weights alone and scores them again.
        var again = FusionClassifierTrainer.Fit(classifier, Quick with { Epochs = 1, LearningRate = 0, FusionLearningRate = 0, WeightDecay = 0 }, rows, validation);
        Assert.AreEqual(scores[result.BestEpoch - 1], again.ValidationScores[0], 1e-9);
    }

    [TestMethod]
    public void Fit_InfiniteWeights_StopsWithAnExplanation()
    {
        using var rows = Rows(32, 3);
        using var clip = TinyClip();
        using var classifier = Fresh(clip);
        using (no_grad())
        {
            ((ModifiedResNet)classifier.image_encoder).conv1.weight.fill_(float.NaN);
        }

        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => FusionClassifierTrainer.Fit(classifier, Quick with { Epochs = 9 }, rows)).Message, "LearningRate");
    }

    [TestMethod]
    public void Fit_ManySteps_LeavesNoTensorsBehind()
    {
        using var rows = Rows(16, 3);
        using var clip = TinyClip();
        using var classifier = Fresh(clip);
        FusionClassifierTrainer.Fit(classifier, Quick with { Epochs = 1 }, rows);
        GC.Collect();
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        FusionClassifierTrainer.Fit(classifier, Quick with { Epochs = 5 }, rows, rows);
        Assert.AreEqual(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [TestMethod]
    [DataRow(nameof(FusionTrainingOptions.Epochs))]
    [DataRow(nameof(FusionTrainingOptions.BatchSize))]
    [DataRow(nameof(FusionTrainingOptions.LearningRate))]
    [DataRow(nameof(FusionTrainingOptions.Momentum))]
    [DataRow(nameof(FusionTrainingOptions.MaxGradientNorm))]
    public void Fit_OptionOutOfRange_IsNamed(string option)
    {
        using var rows = Rows(2, 3);
        using var clip = TinyClip();
        using var classifier = Fresh(clip);
        var options = option switch
        {
            nameof(FusionTrainingOptions.Epochs) => Quick with { Epochs = 0 },
            nameof(FusionTrainingOptions.BatchSize) => Quick with { BatchSize = 0 },
            nameof(FusionTrainingOptions.LearningRate) => Quick with { LearningRate = double.NaN },
            nameof(FusionTrainingOptions.MaxGradientNorm) => Quick with { MaxGradientNorm = 0 },
            _ => Quick with { Momentum = 1 },
        };
        StringAssert.Contains(Assert.Throws<ArgumentOutOfRangeException>(() => FusionClassifierTrainer.Fit(classifier, options, rows)).Message, option);
    }

    [TestMethod]
    public void Fit_PublishedOnMixedRows_GoesThroughRealThenSynthetic()
    {
        using var clip = TinyClip();
        using var classifier = Fresh(clip);
        using var real = Rows(8, 3);
        using var synthetic = Rows(8, 4, synthetic: true);
        int[] all = Enumerable.Range(0, 8).ToArray();
        using var rows = new InMemoryTrainingRows(cat([real.Images(all), synthetic.Images(all)], 0), cat([real.Targets(all), synthetic.Targets(all)], 0), [.. Enumerable.Repeat(false, 8), .. Enumerable.Repeat(true, 8)]);
        var rates = new List<double>();
        FusionClassifierTrainer.Fit(classifier, FusionTrainingOptions.Published with { Epochs = 3, BatchSize = 4 }, rows, null, new Recorder(p => rates.Add(p.LearningRate)));
        CollectionAssert.AreEqual(new[] { 1e-5, 1e-5, 0.002, 0.002 }, rates.Take(4).ToArray());
    }

    private static FusionClassifier Fresh(ClipModel clip)
    {
        manual_seed(9);
        return FusionClassifier.Create(clip, s_labels, new() { ContextTokens = 4 });
    }

    private static string Digest(int seed)
    {
        using var clip = TinyClip();
        using var rows = Rows(16, 3);
        using var classifier = Fresh(clip);
        FusionClassifierTrainer.Fit(classifier, Quick with { Seed = seed }, rows);
        return Digest(classifier);
    }

    private static string Digest(FusionClassifier classifier)
    {
        using var scope = NewDisposeScope();
        return string.Join(',', classifier.ContextParameters().Concat(classifier.FusionParameters()).Select(p => BitConverter.ToString(System.Security.Cryptography.SHA256.HashData(p.Parameter.detach().bytes), 0, 4)));
    }

    private sealed class Recorder(Action<TrainingProgress> record) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => record(value);
    }

    /// <summary>Cancels in the epoch after the given one.</summary>
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
