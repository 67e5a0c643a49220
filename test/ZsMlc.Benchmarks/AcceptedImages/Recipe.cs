using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Schedulers;

namespace ZsMlc.Benchmarks.AcceptedImages;

/// <summary>A way of sampling.</summary>
/// <param name="Name">Its name in the table.</param>
/// <param name="Sampling">Steps, guidance, reuse and scheduler.</param>
/// <param name="PreviewSteps">Of a two-stage recipe, steps whose previews are tried as early judges; classifiers are trained with the first of them.</param>
internal sealed record Recipe(string Name, GenerationOptions Sampling, params int[] PreviewSteps)
{
    /// <summary>Gets whether the text encoder is tuned before images are made.</summary>
    public bool IsTuned { get; init; }

    /// <summary>The recipes that are compared.</summary>
    /// <param name="scheduler">The model's own scheduler.</param>
    public static IReadOnlyList<Recipe> All(SchedulerConfig scheduler)
    {
        GenerationOptions guided = new() { Steps = 20, GuidanceScale = 2.5 }, unguided = guided with { GuidanceScale = 1 };
        return
        [
            new("published: 50 steps, Euler, guidance 7.5", new() { Steps = 50, GuidanceScale = 7.5, Scheduler = scheduler with { ClassName = "EulerDiscreteScheduler" } }),
            new("20 steps, guidance 2.5 (default)", guided),
            new("6 steps, no guidance", unguided with { Steps = 6 }),
            new("4 steps, no guidance", unguided with { Steps = 4 }),
            new("10 steps, no guidance", unguided with { Steps = 10 }),
            new("two-stage, 6 unguided steps", unguided with { Steps = 6 }, 3, 2),
            new("two-stage, 10 unguided steps", unguided with { Steps = 10 }, 4),
            new("two-stage, 20 guided steps", guided, 6, 10),
            new("10 steps, every other reuses, no guidance", unguided with { Steps = 10, FeatureReuse = 1 }),
            new("20 steps, every other reuses, guidance 2.5", guided with { FeatureReuse = 1 }),
            new("20 steps, two of three reuse, no guidance", unguided with { FeatureReuse = 2 }),
            new("20 steps, guidance 2.5 from 25 to 75 %", guided with { GuidanceStart = 0.25, GuidanceEnd = 0.75 }),
            new("20 steps, guidance 3 up to 70 % (samples)", guided with { GuidanceScale = 3, GuidanceEnd = 0.7 }),
            new("10 steps, guidance 2.5", guided with { Steps = 10 }),
            new("6 steps, guidance 2.5", guided with { Steps = 6 }),
            new("tuned text encoder, 6 steps, no guidance", unguided with { Steps = 6 }) { IsTuned = true },
            new("tuned text encoder, 20 steps, guidance 2.5", guided) { IsTuned = true },
        ];
    }
}
