using ZsMlc.Torch.Diffusion.Schedulers;

namespace ZsMlc.Torch.Diffusion;

/// <summary>One call of the pipeline: what was asked for and what has come of it.</summary>
internal sealed class SamplingJob(IReadOnlyList<string> prompts, string? negative, GenerationOptions options, IProgress<GenerationStep>? progress, CancellationToken cancellation)
{
    private int _completed;

    public IReadOnlyList<string> Prompts => prompts;

    public string? Negative => negative;

    public GenerationOptions Options => options;

    public CancellationToken Cancellation => cancellation;

    /// <summary>Images that are denoised together; fewer than asked for where the memory did not suffice.</summary>
    public int BatchSize { get; set; } = options.BatchSize;

    /// <summary>The images, in the order of the prompts.</summary>
    public GeneratedImage[] Images { get; } = new GeneratedImage[prompts.Count];

    public static long SeedOf(int index, GenerationOptions options) => options.Seeds?[index] ?? options.Seed + index;

    /// <summary>The step, from 1, that a call of the network belongs to: some schedulers call it more than once a step.</summary>
    public int StepOf(int call, int calls) => ((call + 1) * options.Steps + calls - 1) / calls;

    /// <summary>The call, from 0, whose estimate of the clean images is judged; <see langword="null"/> for none.</summary>
    public int? PreviewCall(Scheduler scheduler)
    {
        using (scheduler)
        {
            var calls = scheduler.Timesteps.Count;
            return options.Preview is null ? null : Enumerable.Range(0, calls).Cast<int?>().FirstOrDefault(call => StepOf(call!.Value, calls) == options.PreviewStep);
        }
    }

    /// <summary>Keeps an image, finished or, without pixels, given up.</summary>
    public void Add(int index, int width, int height, byte[] pixels)
    {
        Images[index] = new(index, prompts[index], SeedOf(index, options), width, height, pixels);
        _completed++;
    }

    public void Report(int step) => progress?.Report(new(_completed, prompts.Count, step, options.Steps));
}
