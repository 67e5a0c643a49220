using ZsMlc.Benchmarks.Harness;
using ZsMlc.MicroModels;
using ZsMlc.Torch.Diffusion;
using static TorchSharp.torch;

namespace ZsMlc.Benchmarks;

/// <summary>Whole images from the trained micro model.</summary>
internal sealed class Generate : IBenchmark
{
    public string Name => "generate";

    public string Description => "Images/s of the micro diffusion model, prompt to pixels, by steps, guidance, batch and precision.";

    public IReadOnlyList<Measurement> Run(BenchmarkOptions options)
    {
        List<Measurement> rows = [];
        int[] steps = options.Smoke ? [1] : [10, 20];
        foreach (var (type, name) in DeviceClock.Precisions)
        {
            using var pipeline = StableDiffusionPipeline.FromPretrained(ZeroShotModels.Micro.Diffusion, options.Device, type);
            foreach (var count in steps)
            {
                foreach (var guidance in new[] { 1, 2.5 })
                {
                    rows.Add(Rate(options, pipeline, $"{count} steps, guidance {guidance}, batch 8, {name}", new() { Steps = count, GuidanceScale = guidance, BatchSize = 8 }));
                }
            }

            rows.Add(Rate(options, pipeline, $"{steps[^1]} steps, guidance 2.5, batch 1, {name}", new() { Steps = steps[^1], GuidanceScale = 2.5, BatchSize = 1 }));
        }

        return rows;
    }

    private static Measurement Rate(BenchmarkOptions options, StableDiffusionPipeline pipeline, string name, GenerationOptions generation)
    {
        var prompts = Enumerable.Repeat("a photo of a cat next to a dog", options.Smoke ? 1 : 8).ToList();
        return Measurement.Rate(name, "images/s", prompts.Count, () => DeviceClock.Run(options, () => pipeline.GenerateAsync(prompts, options: generation).GetAwaiter().GetResult()), options.Runs);
    }
}
