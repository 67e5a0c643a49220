using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Schedulers;

namespace ZsMlc.Benchmarks.AcceptedImages;

/// <summary>A way of sampling.</summary>
/// <param name="Name">Its name in the table.</param>
/// <param name="Sampling">Steps, guidance and scheduler.</param>
/// <param name="PreviewSteps">Steps whose previews are tried as early judges.</param>
internal sealed record Recipe(string Name, GenerationOptions Sampling, params int[] PreviewSteps)
{
    /// <summary>The recipes that are compared.</summary>
    /// <param name="scheduler">The model's own scheduler.</param>
    public static IReadOnlyList<Recipe> All(SchedulerConfig scheduler) =>
    [
        new("published: 50 steps, Euler, guidance 7.5", new() { Steps = 50, GuidanceScale = 7.5, Scheduler = scheduler with { ClassName = "EulerDiscreteScheduler" } }),
        new("20 steps, guidance 2.5 (default)", new() { Steps = 20, GuidanceScale = 2.5 }, 4, 6, 10),
        new("20 steps, guidance 2.5 from 25 to 75 %", new() { Steps = 20, GuidanceScale = 2.5, GuidanceStart = 0.25, GuidanceEnd = 0.75 }),
        new("10 steps, guidance 2.5", new() { Steps = 10, GuidanceScale = 2.5 }, 3, 5),
        new("6 steps, guidance 2.5", new() { Steps = 6, GuidanceScale = 2.5 }, 3),
        new("20 steps, no guidance", new() { Steps = 20, GuidanceScale = 1 }),
        new("10 steps, no guidance", new() { Steps = 10, GuidanceScale = 1 }, 4),
        new("6 steps, no guidance", new() { Steps = 6, GuidanceScale = 1 }, 2, 3),
        new("4 steps, no guidance", new() { Steps = 4, GuidanceScale = 1 }, 2),
    ];
}
