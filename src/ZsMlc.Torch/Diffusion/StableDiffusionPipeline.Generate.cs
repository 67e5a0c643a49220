using System.Runtime.InteropServices;
using TorchSharp;
using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion;

public sealed partial class StableDiffusionPipeline
{
    private const string MemoryAdvice =
        $"Choose a smaller {nameof(GenerationOptions.BatchSize)}, one image at a time in the decoder ({nameof(GenerationOptions.SliceDecoding)}), decoding tiles ({nameof(GenerationOptions.DecodingTile)}, such as 64), attention slices ({nameof(GenerationOptions.AttentionSlice)}, such as 2) or a half precision.";

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
        return _thread.Run(() => Generate(prompts, negative, options, progress, cancellation), cancellation);
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

    private IReadOnlyList<GeneratedImage> Generate(IReadOnlyList<string> prompts, string? negative, GenerationOptions options, IProgress<GenerationStep>? progress, CancellationToken cancellation)
    {
        using var use = _lifetime.Enter();
        using var memory = KeptMemory.Run();
        using var inference = inference_mode();
        WarnOfCuts([.. prompts, .. negative is not null && UsesGuidance(options.GuidanceScale) ? [negative] : Array.Empty<string>()], options);
        Unet.SetAttentionSlice(options.AttentionSlice);
        var images = new GeneratedImage[prompts.Count];
        var (start, size) = (0, options.BatchSize);
        while (start < prompts.Count)
        {
            var indices = Enumerable.Range(start, Math.Min(size, prompts.Count - start)).ToList();
            try
            {
                foreach (var image in GenerateBatch(indices, prompts, negative, options, step => progress?.Report(new(start, prompts.Count, step, options.Steps)), cancellation))
                {
                    images[image.Index] = image;
                }
            }
            catch (ExternalException error) when (DeviceMemory.IsExhausted(error))
            {
                // Once: an image is made from its own noise, so a smaller batch changes it by rounding at most.
                if (size < options.BatchSize || indices.Count == 1)
                {
                    throw new DeviceMemoryException($"The memory does not suffice for {indices.Count} images at once{(size < options.BatchSize ? $", nor did it for {options.BatchSize}" : "")}. {MemoryAdvice}", error);
                }

                size = indices.Count / 2;
                Warn(DeviceMemory.HalvesMessage(indices.Count, "images", MemoryAdvice), options);
                continue;
            }

            start += indices.Count;
            progress?.Report(new(start, prompts.Count, options.Steps, options.Steps));
        }

        return images;
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

    private IEnumerable<GeneratedImage> GenerateBatch(List<int> indices, IReadOnlyList<string> prompts, string? negative, GenerationOptions options, Action<int> stepped, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var scheduler = Scheduler.Create(options.Scheduler ?? SchedulerConfig);
        scheduler.SetTimesteps(options.Steps);
        var (height, width) = (options.Height ?? NativeSize, options.Width ?? NativeSize);
        var factor = Vae.Config.SpatialFactor;
        long[] shape = [1, Unet.Config.InChannels, height / factor, width / factor];
        var generators = indices.Select(i => new Generator((ulong)SeedOf(i, options), CPU)).ToList();

        var conditioning = Condition([.. indices.Select(i => prompts[i])], negative, options);
        var latents = Noise(generators, shape) * scheduler.InitNoiseSigma;
        List<GeneratedImage> finished = [];

        // Some schedulers call the network more than once a step.
        int StepAt(int call) => (((call + 1) * options.Steps) + scheduler.Timesteps.Count - 1) / scheduler.Timesteps.Count;
        for (var i = 0; i < scheduler.Timesteps.Count && indices.Count > 0; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var stepScope = NewDisposeScope();
            var output = Predict(scheduler.ScaleModelInput(latents, i), scheduler.Timesteps[i], conditioning, options.GuidanceAt(i, scheduler.Timesteps.Count));
            var step = StepAt(i);
            var judged = step == options.PreviewStep && (i == 0 || StepAt(i - 1) < step) && options.Preview is not null;
            var estimate = judged ? scheduler.PredictOriginal(output, i, latents) : null;
            var next = scheduler.Step(output, i, latents, () => Noise(generators, shape));
            if (estimate is not null)
            {
                var keep = options.Preview!(PreviewDecoder is { } tiny ? tiny.forward(estimate) : DecodeLatents(estimate, options), indices);
                for (var k = 0; k < indices.Count; k++)
                {
                    if (!keep[k])
                    {
                        finished.Add(new(indices[k], prompts[indices[k]], SeedOf(indices[k], options), width, height, []));
                    }
                }

                // The multistep schedulers remember earlier predictions of the whole batch, so given-up images are
                // denoised on and dropped at the end, unless nothing is left.
                if (!keep.Any(k => k))
                {
                    return finished;
                }
            }

            latents = next.MoveToOuterDisposeScope();
            stepped(step);
        }

        using var pixels = ToBytes(DecodeLatents(latents, options));
        for (var k = 0; k < indices.Count; k++)
        {
            if (finished.All(f => f.Index != indices[k]))
            {
                finished.Add(new(indices[k], prompts[indices[k]], SeedOf(indices[k], options), width, height, pixels[k].bytes.ToArray()));
            }
        }

        return finished;
    }

    private static long SeedOf(int index, GenerationOptions options) => options.Seeds?[index] ?? options.Seed + index;

    /// <summary>Unit noise, a row from each image's own generator, always drawn on the CPU so that every device starts alike.</summary>
    private Tensor Noise(List<Generator> generators, long[] shape)
    {
        using var scope = NewDisposeScope();
        return cat(generators.Select(g => randn(shape, device: CPU, generator: g)).ToArray(), 0).to(Device).MoveToOuterDisposeScope();
    }

    /// <summary>Latents to pixels of about -1 to 1, in single precision.</summary>
    private Tensor DecodeLatents(Tensor latents, GenerationOptions options)
    {
        using var scope = NewDisposeScope();
        var scaled = Vae.Unscale(latents);
        var pixels = options.DecodingTile > 0 ? Vae.DecodeTiled(scaled, options.DecodingTile)
            : options.SliceDecoding ? Vae.DecodeSliced(scaled)
            : Vae.Decode(scaled);
        return pixels.to(ScalarType.Float32).MoveToOuterDisposeScope();
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
