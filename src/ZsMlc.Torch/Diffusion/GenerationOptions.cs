using System.Text.Json.Serialization;

namespace ZsMlc.Torch.Diffusion;

/// <summary>How images are generated.</summary>
public sealed record GenerationOptions
{
    /// <summary>Gets the number of steps, 1 or more. Default 20.</summary>
    public int Steps { get; init; } = 20;

    /// <summary>
    /// Gets the guidance factor g in u + g·(c - u), 0 or more. 1 or less turns guidance off, which halves the work; turbo models are made
    /// for it (their cards prescribe 0). Default 7.5.
    /// </summary>
    public double GuidanceScale { get; init; } = 7.5;

    /// <summary>
    /// Gets the share of the steps after which guidance starts, 0 to 1; before it the factor is 1. Default 0. Guidance of the first,
    /// noisiest steps narrows the variety of the images and may superpose poses (Kynkäänniemi et al., "Applying Guidance in a Limited
    /// Interval Improves Sample and Distribution Quality in Diffusion Models", 2024).
    /// </summary>
    public double GuidanceStart { get; init; }

    /// <summary>
    /// Gets the share of the steps after which guidance ends, <see cref="GuidanceStart"/> to 1; from there on the factor is 1. Default
    /// 1. Step i of n (i from 0) is guided when <see cref="GuidanceStart"/> ≤ i / n &lt; <see cref="GuidanceEnd"/>.
    /// </summary>
    public double GuidanceEnd { get; init; } = 1;

    /// <summary>
    /// Gets the calls of the denoiser behind each whole one that compute its outermost level alone and take what comes up to it from the
    /// whole one, 0 or more: 1 for every other call, 2 for two of three. Such a call is cheaper and less exact. Default 0. A call in which
    /// guidance sets in is whole. Where the call behind a preview is no whole one, the features of all promising images wait in memory
    /// (10 MB an image of Stable Diffusion 1.5 in half precision, 42 MB of SDXL). Sampling with gradients, and so tuning, does not use it. (Ma et al., "DeepCache: Accelerating Diffusion Models for Free", CVPR 2024: uniform, its N is
    /// <see cref="FeatureReuse"/> + 1; here all layers of the outermost level are computed in every call.)
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int FeatureReuse { get; init; }

    /// <summary>Gets the height in pixels, a multiple of the autoencoder's factor (8); null for the size the model was trained on.</summary>
    public int? Height { get; init; }

    /// <summary>Gets the width in pixels, a multiple of the autoencoder's factor (8); null for the size the model was trained on.</summary>
    public int? Width { get; init; }

    /// <summary>Gets the images that are denoised together, 1 or more. It changes speed and memory, not the images. Default 4.</summary>
    public int BatchSize { get; init; } = 4;

    /// <summary>Gets the seed of every image; null for <see cref="Seed"/>, <see cref="Seed"/> + 1, ...</summary>
    public IReadOnlyList<long>? Seeds { get; init; }

    /// <summary>Gets the seed of the first image when <see cref="Seeds"/> is null. Default 0.</summary>
    public long Seed { get; init; }

    /// <summary>Gets the scheduler to use instead of the checkpoint's.</summary>
    public Schedulers.SchedulerConfig? Scheduler { get; init; }

    /// <summary>Gets the step (counted from 1) after which <see cref="Preview"/> is called; 0 for none. Default 0.</summary>
    public int PreviewStep { get; init; }

    /// <summary>
    /// Gets the judge of previews: it gets the current estimate of the clean images [B, 3, H, W] (-1 to 1) and their
    /// indices among the prompts, and says for each whether to go on. The tensor belongs to the caller of the judge.
    /// </summary>
    public Func<TorchSharp.torch.Tensor, IReadOnlyList<int>, IReadOnlyList<bool>>? Preview { get; init; }

    /// <summary>Gets the attention heads computed at a time; 0 for all. Default 0. A CPU computes all where its attention holds no scores.</summary>
    public int AttentionSlice { get; init; }

    /// <summary>Gets whether the autoencoder decodes one image at a time, to save memory. Default false.</summary>
    public bool SliceDecoding { get; init; }

    /// <summary>
    /// Gets whether a CPU reads all weights as they are, to save memory. Otherwise, for the time of a run, it holds those of convolutions
    /// and of linear layers (in single precision of those that at most 256 rows go through at a time) a second time, in the order of its kernels, in single precision at four times their
    /// size those of 3×3 on maps of many pixels, and the text's keys and values, and computes faster. Images differ by rounding. Outside of Linux only those of 3×3 are held again. Weights in a half precision that
    /// the processor is slower in are there in single precision too, and without that take 1.5 to 50 times as long. No effect on a GPU. Default false.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool UnpackedWeights { get; init; }

    /// <summary>Gets the side of decoding tiles in latents, for images too large for the memory; 0 for none. Default 0.</summary>
    public int DecodingTile { get; init; }

    /// <summary>Gets what is told when a prompt is too long and its end is cut off, or a batch is halved for want of memory; null writes to <see cref="System.Diagnostics.Trace"/>.</summary>
    [JsonIgnore]
    public Action<string>? Warning { get; init; }

    /// <summary>The guidance factor of a step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="steps">The number of the scheduler's steps.</param>
    internal double GuidanceAt(int step, int steps)
    {
        var share = step / (double)steps;
        return share >= GuidanceStart && share < GuidanceEnd ? GuidanceScale : 1;
    }

    /// <summary>Whether a call of the denoiser takes over the deep features of the last whole one.</summary>
    /// <param name="call">The call, from 0.</param>
    /// <param name="calls">The number of the scheduler's calls.</param>
    internal bool ReusesFeaturesAt(int call, int calls) =>
        call % (FeatureReuse + 1) != 0 && GuidanceAt(call, calls) <= GuidanceAt(call - 1, calls);

    /// <summary>Throws when a number that needs no model to be judged is out of its range; the message names the option.</summary>
    /// <param name="parent">The option that holds these options, or null.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    internal void CheckRanges(string? parent = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Steps, 1, OptionRange.Name(nameof(Steps), parent));
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1, OptionRange.Name(nameof(BatchSize), parent));
        ArgumentOutOfRangeException.ThrowIfNegative(FeatureReuse, OptionRange.Name(nameof(FeatureReuse), parent));
        OptionRange.Check(nameof(GuidanceScale), GuidanceScale, double.IsFinite(GuidanceScale) && GuidanceScale >= 0, "a number of 0 or more", parent);
        OptionRange.Check(nameof(GuidanceStart), GuidanceStart, GuidanceStart is >= 0 and <= 1, "0 to 1", parent);
        OptionRange.Check(
            nameof(GuidanceEnd), GuidanceEnd, GuidanceEnd >= GuidanceStart && GuidanceEnd <= 1, FormattableString.Invariant($"{nameof(GuidanceStart)} ({GuidanceStart}) to 1"), parent);
    }
}

/// <summary>A generated image.</summary>
/// <param name="Index">Index of its prompt.</param>
/// <param name="Prompt">The prompt.</param>
/// <param name="Seed">The seed of its noise.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Pixels">RGB bytes, row by row; empty when the image was abandoned at its preview.</param>
public sealed record GeneratedImage(int Index, string Prompt, long Seed, int Width, int Height, byte[] Pixels)
{
    /// <summary>Gets whether the preview's judge gave the image up.</summary>
    public bool IsAbandoned => Pixels.Length == 0;
}

/// <summary>Where a generation run stands.</summary>
/// <param name="Completed">Images that are finished or abandoned.</param>
/// <param name="Total">Images asked for.</param>
/// <param name="Step">Step of the current batch, from 1.</param>
/// <param name="Steps">Steps of a batch.</param>
public readonly record struct GenerationStep(int Completed, int Total, int Step, int Steps);
