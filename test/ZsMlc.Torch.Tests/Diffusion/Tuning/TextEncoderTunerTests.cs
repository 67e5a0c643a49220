using System.Security.Cryptography;
using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Tuning;
using ZsMlc.Torch.Filtering;
using ZsMlc.Torch.Tests.Checkpoints;
using ZsMlc.Torch.Tests.Classification;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion.Tuning;

[TestClass]
public sealed class TextEncoderTunerTests
{
    private static readonly string[] s_labels = ["cat", "dog", "cup"];

    private static TextEncoderTuningOptions Quick => new()
    {
        Iterations = 12, BatchSize = 2, LearningRate = 1e-2, Sampling = new() { Steps = 2, GuidanceScale = 2 }, Seed = 3,
    };

    private static IReadOnlyList<TuningSample> Samples(int step) => [new("a photo of a cat", [0]), new("a dog and a cup", [1, 2])];

    [TestMethod]
    public void Tune_RandomModels_LowersTheLossAndChangesOnlyTheTextEncoder()
    {
        using var pipeline = TinyPipeline.Create();
        using var clip = FusionClassifierTrainerTests.TinyClip();
        using var judge = new ClipDiscriminator(clip, s_labels);
        var (unet, text) = (Digest(pipeline.Unet), Digest(pipeline.TextEncoder));
        // Measured at a learning rate of zero on the same noise before and after, which the tuning itself does not see.
        double Measure() => TextEncoderTuner.Tune(pipeline, judge, Samples, Quick with { Iterations = 8, LearningRate = 0, Seed = 77 }).Losses.Average();
        var before = Measure();
        var result = TextEncoderTuner.Tune(pipeline, judge, Samples, Quick with { Iterations = 30, LearningRate = 5e-3 });
        Assert.HasCount(30, result.Losses);
        Assert.AreEqual(0, result.SkippedSteps);
        Assert.IsLessThan(before, Measure());
        Assert.AreEqual(unet, Digest(pipeline.Unet));
        Assert.AreNotEqual(text, Digest(pipeline.TextEncoder));
        Assert.IsFalse(pipeline.TextEncoder.parameters().Any(p => p.requires_grad));
    }

    [TestMethod]
    public void Tune_Interrupted_GoesOnToTheSameEncoder()
    {
        using var folder = new TemporaryFolder();
        using var clip = FusionClassifierTrainerTests.TinyClip();
        using var judge = new ClipDiscriminator(clip, s_labels);
        using var straight = TinyPipeline.Create();
        var expected = TextEncoderTuner.Tune(straight, judge, Samples, Quick with { Iterations = 6 });

        var options = Quick with { Iterations = 6, CheckpointPath = folder["tuning.safetensors"], CheckpointInterval = 2 };
        using var interrupted = TinyPipeline.Create();
        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => TextEncoderTuner.Tune(interrupted, judge, Samples, options, new Stopper(5, source), source.Token));
        using var resumed = TinyPipeline.Create();
        var actual = TextEncoderTuner.Tune(resumed, judge, Samples, options);
        CollectionAssert.AreEqual(expected.Losses.ToArray(), actual.Losses.ToArray());
        Assert.AreEqual(Digest(straight.TextEncoder), Digest(resumed.TextEncoder));
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => TextEncoderTuner.Tune(resumed, judge, Samples, options with { Seed = 99 })).Message, "CheckpointPath");
    }

    [TestMethod]
    [DataRow("encoder.text_model.final_layer_norm.bias")]
    [DataRow("first.text_model.final_layer_norm.bias")]
    [DataRow("second.text_model.final_layer_norm.bias")]
    [DataRow("values")]
    [DataRow("steps")]
    [DataRow("SHA-256")]
    public void Tune_DamagedCheckpoint_IsRefusedAndNothingChanges(string part)
    {
        using var folder = new TemporaryFolder();
        using var clip = FusionClassifierTrainerTests.TinyClip();
        using var judge = new ClipDiscriminator(clip, s_labels);
        using var pipeline = TinyPipeline.Create();
        var options = Quick with { Iterations = 1, CheckpointPath = folder["tuning.safetensors"] };
        TextEncoderTuner.Tune(pipeline, judge, Samples, options);
        if (part == "SHA-256")
        {
            Rewritten.Bit(options.CheckpointPath, "first.text_model.final_layer_norm.bias");
        }
        else
        {
            Rewritten.File(options.CheckpointPath, (tensors, metadata) => _ = tensors.Remove(part) || metadata.Remove(part));
        }

        var before = Digest(pipeline.TextEncoder);
        var e = Assert.ThrowsExactly<CheckpointFormatException>(() => TextEncoderTuner.Tune(pipeline, judge, Samples, options));

        Assert.AreEqual(options.CheckpointPath, e.Path);
        Assert.Contains(part, e.Message);
        Assert.AreEqual(before, Digest(pipeline.TextEncoder));
    }

    [TestMethod]
    public void Tune_LossNotANumber_SkipsTheStepAndItsMomentum()
    {
        using var pipeline = TinyPipeline.Create();
        using var clip = FusionClassifierTrainerTests.TinyClip();
        using var judge = new ClipDiscriminator(clip, s_labels);
        var before = Digest(pipeline.TextEncoder);
        using (no_grad())
        {
            pipeline.Vae.post_quant_conv.bias!.fill_(float.NaN);
        }

        var result = TextEncoderTuner.Tune(pipeline, judge, Samples, Quick with { Iterations = 3 });
        Assert.AreEqual(3, result.SkippedSteps);
        Assert.AreEqual(before, Digest(pipeline.TextEncoder));
    }

    [TestMethod]
    public void Tune_LastStepOnly_HasAnotherGradientThanAll()
    {
        using var clip = FusionClassifierTrainerTests.TinyClip();
        using var judge = new ClipDiscriminator(clip, s_labels);
        using var all = TinyPipeline.Create();
        using var last = TinyPipeline.Create();
        TextEncoderTuner.Tune(all, judge, Samples, Quick with { Iterations = 2 });
        TextEncoderTuner.Tune(last, judge, Samples, Quick with { Iterations = 2, LastSteps = 1 });
        Assert.AreNotEqual(Digest(all.TextEncoder), Digest(last.TextEncoder));
    }

    [TestMethod]
    public void Tune_ManySteps_LeavesNoTensorsBehind()
    {
        using var pipeline = TinyPipeline.Create();
        using var clip = FusionClassifierTrainerTests.TinyClip();
        using var judge = new ClipDiscriminator(clip, s_labels);
        TextEncoderTuner.Tune(pipeline, judge, Samples, Quick with { Iterations = 1 });
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        TextEncoderTuner.Tune(pipeline, judge, Samples, Quick with { Iterations = 4 });
        Assert.AreEqual(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    private static string Digest(nn.Module module)
    {
        using var scope = NewDisposeScope();
        return Convert.ToHexString(SHA256.HashData(module.parameters().SelectMany(p => p.detach().bytes.ToArray()).ToArray()));
    }

    private sealed class Stopper(int step, CancellationTokenSource source) : IProgress<TuningProgress>
    {
        public void Report(TuningProgress value)
        {
            if (value.Iteration == step)
            {
                source.Cancel();
            }
        }
    }
}
