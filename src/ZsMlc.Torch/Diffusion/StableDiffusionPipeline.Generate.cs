using System.Runtime.InteropServices;
using TorchSharp;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion;

public sealed partial class StableDiffusionPipeline
{
    private const string MemoryAdvice =
        $"Choose a smaller {nameof(GenerationOptions.BatchSize)}, one image at a time in the decoder ({nameof(GenerationOptions.SliceDecoding)}), decoding tiles ({nameof(GenerationOptions.DecodingTile)}, such as 64), attention slices ({nameof(GenerationOptions.AttentionSlice)}, such as 2), on a CPU {nameof(GenerationOptions.UnpackedWeights)}, or a half precision that the device has.";

    /// <summary>Generates one image a prompt. An image depends on its prompt, seed and the options; its batch, the device and, on a GPU, the run change it by rounding at most.</summary>
    /// <param name="prompts">The prompts; an empty one gives an image without text, a too long one is cut with a <see cref="GenerationOptions.Warning"/>.</param>
    /// <param name="negative">What the images should not show; null for nothing, which SDXL tells from the empty prompt. Without guidance it has no effect.</param>
    /// <param name="options">Options, or null for the defaults.</param>
    /// <param name="progress">Told after every step, or null.</param>
    /// <param name="cancellation">Ends the run between two steps.</param>
    /// <returns>The images in the order of the prompts.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A size, step or batch number is out of range.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    /// <exception cref="DeviceMemoryException">The memory does not suffice for a batch, nor for half of it; the message says what to change.</exception>
    /// <exception cref="InvalidOperationException">The networks produced values that are not numbers.</exception>
    public Task<IReadOnlyList<GeneratedImage>> GenerateAsync(
        IReadOnlyList<string> prompts,
        string? negative = null,
        GenerationOptions? options = null,
        IProgress<GenerationStep>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        options ??= new();
        _lifetime.Check();
        Validate(prompts, options);
        return _thread.Run(() => Generate(new(prompts, negative, options, progress, cancellation)), cancellation);
    }

    private void Validate(IReadOnlyList<string> prompts, GenerationOptions options)
    {
        options.CheckRanges();
        var factor = Vae.Config.SpatialFactor;
        foreach (var (name, size) in new[] { (nameof(options.Height), options.Height ?? NativeSize), (nameof(options.Width), options.Width ?? NativeSize) })
        {
            if (size <= 0 || size % factor != 0)
            {
                throw new ArgumentOutOfRangeException(name, size, $"{name} must be a positive multiple of {factor}.");
            }
        }

        if (options.Seeds is { } seeds && seeds.Count != prompts.Count)
        {
            throw new ArgumentException($"There are {seeds.Count} seeds for {prompts.Count} prompts; expected one a prompt.", nameof(options));
        }
    }

    private IReadOnlyList<GeneratedImage> Generate(SamplingJob job)
    {
        using var use = _lifetime.Enter();
        using var memory = KeptMemory.Run();
        using var inference = inference_mode();
        var (options, prompts) = (job.Options, job.Prompts);
        WarnOfCuts([.. prompts, .. job.Negative is { } negative && UsesGuidance(options.GuidanceScale) ? [negative] : Array.Empty<string>()], options);
        Unet.SetAttentionSlice(options.AttentionSlice);
        using var run = options.UnpackedWeights ? null : RunCache.Open();
        var all = Enumerable.Range(0, prompts.Count).ToList();
        if (job.PreviewCall(NewScheduler(options)) is { } call)
        {
            FinishPromising(all, call, job);
        }
        else
        {
            InBatches(all, job, indices =>
            {
                using var batch = Begin(indices, options);
                Finish(batch, job);
            });
        }

        return job.Images;
    }

    /// <summary>Does a work in batches. Where the memory does not suffice, a batch is halved, once.</summary>
    private static void InBatches<T>(IReadOnlyList<T> images, SamplingJob job, Action<IReadOnlyList<T>> work)
    {
        for (var start = 0; start < images.Count;)
        {
            var batch = images.Skip(start).Take(job.BatchSize).ToList();
            try
            {
                work(batch);
            }
            catch (ExternalException error) when (DeviceMemory.IsExhausted(error))
            {
                // Once: an image is made from its own noise, so a smaller batch changes it by rounding at most.
                if (job.BatchSize < job.Options.BatchSize || batch.Count == 1)
                {
                    throw new DeviceMemoryException($"The memory does not suffice for {batch.Count} images at once{(job.BatchSize < job.Options.BatchSize ? $", nor did it for {job.Options.BatchSize}" : "")}. {MemoryAdvice}", error);
                }

                RunCache.Clear();
                job.BatchSize = batch.Count / 2;
                Warn(DeviceMemory.HalvesMessage(batch.Count, "images", MemoryAdvice), job.Options);
                continue;
            }

            start += batch.Count;
        }
    }

    private static void Warn(string message, GenerationOptions options)
    {
        if (options.Warning is { } warning)
        {
            warning(message);
        }
        else
        {
            System.Diagnostics.Trace.TraceWarning(message);
        }
    }

    private void WarnOfCuts(IEnumerable<string> prompts, GenerationOptions options)
    {
        foreach (var prompt in prompts.Distinct())
        {
            if (Conditioning.Encoders.FirstOrDefault(e => e.IsTooLong(prompt)) is not { } encoder)
            {
                continue;
            }

            Warn($"A prompt of {encoder.Tokenizer.Encode(prompt).Count} tokens is cut to {encoder.Length - 2}: \"{prompt}\".", options);
        }
    }

    /// <summary>Latents to pixels of about -1 to 1, in single precision and the plain layout.</summary>
    private Tensor DecodeLatents(Tensor latents, GenerationOptions options)
    {
        using var scope = NewDisposeScope();
        var scaled = Vae.Unscale(latents);
        var pixels = options.DecodingTile > 0 ? Vae.DecodeTiled(scaled, options.DecodingTile)
            : options.SliceDecoding ? Vae.DecodeSliced(scaled)
            : Vae.Decode(scaled);
        return pixels.to(ScalarType.Float32).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Pixels of -1 to 1 [B, 3, H, W] to bytes [B, H, W, 3] on the CPU.</summary>
    internal static Tensor ToBytes(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        if (!pixels.isfinite().all().item<bool>())
        {
            throw new InvalidOperationException("The generated pixels are not all finite numbers. The weights may be damaged, or the precision too low: try bfloat16 or float32 instead of float16.");
        }

        return (pixels / 2 + 0.5).clamp(0, 1).mul(255).round().to(ScalarType.Byte).permute(0, 2, 3, 1).cpu().contiguous().MoveToOuterDisposeScope();
    }
}
