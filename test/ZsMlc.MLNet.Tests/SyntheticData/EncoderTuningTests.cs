using Microsoft.ML;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Diffusion.Tuning;

namespace ZsMlc.MLNet.SyntheticData;

[TestClass]
public sealed class EncoderTuningTests
{
    private static TinyWorld s_world = null!;

    [ClassInitialize]
    public static void Create(TestContext context) => s_world = new();

    [ClassCleanup]
    public static void Clean() => s_world.Dispose();

    [TestMethod]
    public void Fit_Tuning_GivesCurvesAndOtherImages()
    {
        List<TuningProgress> steps = [];
        List<GenerationProgress> phases = [];
        using var plain = TinyGenerator.Fit(Options("plain") with { Tuning = null });

        using var tuned = TinyGenerator.Fit(Options("tuned") with { TuningProgress = new Told<TuningProgress>(steps.Add), Progress = new Told<GenerationProgress>(phases.Add) });

        var tuning = tuned.Tuning!;
        Assert.HasCount(5, tuning.Losses);
        CollectionAssert.AreEqual(steps.Select(s => s.Loss).ToArray(), tuning.Losses.ToArray());
        CollectionAssert.AreEqual(steps.Select(s => s.TargetValue).ToArray(), tuning.TargetValues.ToArray());
        Assert.IsTrue(tuning.TargetValues.All(v => v is > 0 and < 1));
        CollectionAssert.AreEqual(new[] { GenerationPhase.Prompts, GenerationPhase.Tuning, GenerationPhase.Images }, phases.Select(p => p.Phase).Distinct().ToArray());
        CollectionAssert.AreEqual(plain.Samples().Select(s => s.Seed).ToArray(), tuned.Samples().Select(s => s.Seed).ToArray());
        Assert.IsTrue(TinyGenerator.Files(plain.StorePath, "*.png").Zip(TinyGenerator.Files(tuned.StorePath, "*.png")).Any(p => p.First.Value != p.Second.Value));
        CollectionAssert.AreEqual(new[] { "text_encoder.safetensors" }, Directory.GetFiles(Path.Combine(tuned.StorePath, "tuning")).Select(Path.GetFileName).ToArray());
    }

    [TestMethod]
    [DataRow(TunedEncoders.All)]
    [DataRow(TunedEncoders.Second)]
    public void Fit_TuningOfSdxl_TunesTheEncodersAskedForAndResumes(TunedEncoders encoders)
    {
        SyntheticUnseenDataOptions XL(string store) => Options(store) with { Diffusion = s_world.DiffusionXL, Tuning = Options(store).Tuning! with { Encoders = encoders } };
        using var whole = TinyGenerator.Fit(XL($"xl-{encoders}-whole"));
        using var source = new CancellationTokenSource();
        var options = XL($"xl-{encoders}-halves");
        var stop = new Told<TuningProgress>(p =>
        {
            if (p.Iteration == 3)
            {
                source.Cancel();
            }
        });

        Assert.Throws<OperationCanceledException>(() => TinyGenerator.Fit(options with { TuningProgress = stop, CancellationToken = source.Token }));
        using var resumed = TinyGenerator.Fit(options);

        TinyGenerator.AssertSame(whole.StorePath, resumed.StorePath);
        using var tuned = SafetensorsFile.Open(Path.Combine(whole.StorePath, "tuning", "text_encoder.safetensors"));
        foreach (var (part, changes) in new[] { ("text_encoder", encoders == TunedEncoders.All), ("text_encoder_2", true) })
        {
            using var plain = Checkpoint.Open(Path.Combine(s_world.DiffusionXL, part));
            const string name = "text_model.embeddings.token_embedding.weight";
            using var scope = TorchSharp.torch.NewDisposeScope();
            Assert.AreEqual(!changes, plain.Read(name).allclose(tuned.Read($"{part}.{name}"), 0, 0), part);
        }
    }

    [TestMethod]
    public void Fit_TuningOfASecondEncoderThatIsNotThere_IsNamed()
    {
        var options = Options("second") with { Tuning = Options("second").Tuning! with { Encoders = TunedEncoders.Second } };
        Assert.Contains("one text encoder", Assert.ThrowsExactly<ArgumentException>(() => TinyGenerator.Fit(options)).Message);
    }

    [TestMethod]
    public void Fit_TuningCancelled_GoesOnFromItsCheckpoint()
    {
        using var whole = TinyGenerator.Fit(Options("whole"));
        using var source = new CancellationTokenSource();
        var options = Options("halves");
        List<int> first = [], second = [];
        var stop = new Told<TuningProgress>(p =>
        {
            first.Add(p.Iteration);
            if (p.Iteration == 3)
            {
                source.Cancel();
            }
        });

        Assert.Throws<OperationCanceledException>(() => TinyGenerator.Fit(options with { TuningProgress = stop, CancellationToken = source.Token }));
        using var resumed = TinyGenerator.Fit(options with { TuningProgress = new Told<TuningProgress>(p => second.Add(p.Iteration)) });

        CollectionAssert.AreEqual(new[] { 1, 2, 3 }, first);
        CollectionAssert.AreEqual(new[] { 3, 4, 5 }, second);
        CollectionAssert.AreEqual(whole.Tuning!.Losses.ToArray(), resumed.Tuning!.Losses.ToArray());
        TinyGenerator.AssertSame(whole.StorePath, resumed.StorePath);
    }

    [TestMethod]
    public void Fit_TunedBefore_IsNotTunedAgain()
    {
        using var first = TinyGenerator.Fit(Options("once"));
        List<TuningProgress> steps = [];

        using var second = TinyGenerator.Fit(Options("once") with { TuningProgress = new Told<TuningProgress>(steps.Add) });

        Assert.IsEmpty(steps);
        CollectionAssert.AreEqual(first.Tuning!.Losses.ToArray(), second.Tuning!.Losses.ToArray());
    }

    [TestMethod]
    public void Fit_ShardBeforeTuning_IsRefused()
    {
        var options = Options("shards");

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => TinyGenerator.Fit(options with { Shard = new(1, 2) }));
        Assert.Contains("Shard 1 of 2", error.Message);
        Assert.Contains("text_encoder.safetensors", error.Message);

        // The whole store tunes and is stopped; then shards may come.
        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => TinyGenerator.Fit(options with { CancellationToken = source.Token, Progress = new Told<GenerationProgress>(p => (p.Phase == GenerationPhase.Images ? source : null)?.Cancel()) }));
        using var shard = TinyGenerator.Fit(options with { Shard = new(1, 2) });
        Assert.IsNotNull(shard.Tuning);
    }

    [TestMethod]
    public void SaveTextEncoder_GivenAsTextEncoder_MakesTheSameImages()
    {
        using var tuned = TinyGenerator.Fit(Options("source"));
        var path = s_world.Folder["encoder.safetensors"];
        tuned.SaveTextEncoder(path);

        using var given = TinyGenerator.Fit(Options("given") with { Tuning = null, TextEncoder = path });

        TinyGenerator.AssertSame(tuned.StorePath, given.StorePath, "*.png");
        CollectionAssert.AreEqual(tuned.Tuning!.Losses.ToArray(), given.Tuning!.Losses.ToArray());
    }

    [TestMethod]
    public void SaveTextEncoder_NotTuned_SaysSo()
    {
        using var plain = TinyGenerator.Fit(Options("untuned") with { Tuning = null });

        Assert.Contains("not tuned", Assert.ThrowsExactly<InvalidOperationException>(() => plain.SaveTextEncoder("x")).Message);
    }

    [TestMethod]
    public void Fit_TextEncoderOfAnotherModel_IsRefused()
    {
        var path = s_world.Folder["other.safetensors"];
        using (var tensor = TorchSharp.torch.zeros(2, 2))
        {
            SafetensorsWriter.Write(path, [new("weight", tensor)]);
        }

        Assert.ThrowsExactly<CheckpointMismatchException>(() => TinyGenerator.Fit(Options("foreign") with { Tuning = null, TextEncoder = path }));
    }

    private static SyntheticUnseenDataOptions Options(string store) => TinyGenerator.Options(s_world, store) with
    {
        ImagesPerLabel = 2,
        TuningClip = s_world.Clip,
        Tuning = new() { Iterations = 5, CheckpointInterval = 2, LearningRate = 1e-2, Sampling = new() { Steps = 2, GuidanceScale = 1 } },
    };
}
