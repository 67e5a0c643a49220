using ZsMlc.Benchmarks.Harness;
using ZsMlc.MicroModels;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Tuning;
using ZsMlc.Torch.Filtering;

namespace ZsMlc.Benchmarks.AcceptedImages;

/// <summary>The micro diffusion model's text encoder, tuned by the recipe of MicroWorld's ablation.</summary>
internal static class TunedEncoder
{
    /// <summary>Tunes it where it is not there yet.</summary>
    /// <returns>The path of its file.</returns>
    public static string Ensure(BenchmarkOptions options, Kept kept)
    {
        TextEncoderTuningOptions recipe = new()
        {
            Iterations = options.Smoke ? 1 : 80,
            BatchSize = options.Smoke ? 2 : 8,
            LearningRate = 3e-5,
            LastSteps = 3,
            Sampling = new() { Steps = 12, GuidanceScale = 3, GuidanceEnd = 0.7 },
        };
        var path = kept.PathOf("tuned.safetensors", recipe);
        if (File.Exists(path))
        {
            return path;
        }

        var micro = ZeroShotModels.Micro;
        using var pipeline = StableDiffusionPipeline.FromPretrained(micro.Diffusion, options.Device);
        using var clip = ClipModel.FromPretrained(micro.Clip, options.Device);
        using var judge = new ClipDiscriminator(clip, micro.Unseen);
        TextEncoderTuner.Tune(pipeline, judge, step => Samples(judge, step, recipe.BatchSize), recipe with { CheckpointPath = kept.PathOf("tuning.safetensors", recipe) });
        pipeline.SaveTextEncoder(path);
        return path;
    }

    // Half of the pictures show one label, half two.
    private static IReadOnlyList<TuningSample> Samples(ClipDiscriminator judge, int step, int count) =>
    [
        .. Enumerable.Range(step * count, count).Select(i =>
        {
            var indices = Enumerable.Range(0, judge.Labels.Count).ToArray();
            new Random(i).Shuffle(indices);
            var targets = indices[..(1 + (i % 2))];
            return new TuningSample(Wishes.Sentence([.. targets.Select(t => judge.Labels[t])]), targets);
        }),
    ];
}
