using ZsMlc.Benchmarks.Harness;
using ZsMlc.Torch.Diffusion;

namespace ZsMlc.Benchmarks.AcceptedImages;

/// <summary>
/// What an image costs, in whole calls of the denoiser for one row: two for a guided step. A call that reuses deep features counts by
/// its share of a whole one's multiply-adds in convolutions, linear layers and projections.
/// </summary>
internal sealed class Price(StableDiffusionPipeline pipeline)
{
    /// <summary>Gets the share of a call that computes the outermost level alone.</summary>
    public double ReusingShare { get; } = Share(pipeline);

    /// <summary>Calls for one image up to a step.</summary>
    public double Of(GenerationOptions sampling, int steps)
    {
        using var scheduler = Torch.Diffusion.Schedulers.Scheduler.Create(sampling.Scheduler ?? pipeline.SchedulerConfig);
        scheduler.SetTimesteps(sampling.Steps);
        var calls = scheduler.Timesteps.Count;
        return Enumerable.Range(0, calls).TakeWhile(i => i * sampling.Steps < steps * calls)
            .Sum(i => (pipeline.UsesGuidance(sampling.GuidanceAt(i, calls)) ? 2 : 1) * (sampling.ReusesFeaturesAt(i, calls) ? ReusingShare : 1));
    }

    private static double Share(StableDiffusionPipeline pipeline)
    {
        var tokens = pipeline.Conditioning.Encoders[0].Length;
        return Work.Denoising(pipeline.Unet, tokens, outermost: true) / Work.Denoising(pipeline.Unet, tokens);
    }
}
