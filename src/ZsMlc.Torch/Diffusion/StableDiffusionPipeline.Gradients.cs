using TorchSharp;
using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion;

public sealed partial class StableDiffusionPipeline
{
    /// <summary>
    /// Samples and decodes with gradients from the pixels back to the conditioning, for tuning text encoders. Set
    /// <see cref="UNet2DConditionModel.GradientCheckpointing"/> to keep the memory of a step small.
    /// </summary>
    /// <param name="conditioning">As <see cref="Condition"/> gives it: 2B rows, negative prompts first; B rows without guidance.</param>
    /// <param name="noise">Unit noise [B, C, h, w] of the first sample.</param>
    /// <param name="options">Steps, guidance (factor, start and end) and scheduler are used.</param>
    /// <param name="lastSteps">Number of last steps that gradients pass through; null for all.</param>
    /// <param name="cancellation">Ends the run between two steps.</param>
    /// <param name="freshNoise">Source of noise for stochastic schedulers.</param>
    /// <returns>The final latents, and pixels of about -1 to 1 [B, 3, H, W].</returns>
    public (Tensor Latents, Tensor Pixels) SampleWithGradients(UnetConditioning conditioning, Tensor noise, GenerationOptions options, int? lastSteps = null, CancellationToken cancellation = default, Func<Tensor>? freshNoise = null)
    {
        using var use = _lifetime.Enter();
        using var scope = NewDisposeScope();
        using var scheduler = Scheduler.Create(options.Scheduler ?? SchedulerConfig);
        scheduler.SetTimesteps(options.Steps);
        var latents = noise * scheduler.InitNoiseSigma;
        var count = scheduler.Timesteps.Count;
        for (var i = 0; i < count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var stepScope = NewDisposeScope();
            using var grad = set_grad_enabled(is_grad_enabled() && (lastSteps is null || i >= count - lastSteps));
            var output = Predict(scheduler.ScaleModelInput(latents, i), scheduler.Timesteps[i], conditioning, options.GuidanceAt(i, count));
            latents = scheduler.Step(output, i, latents, freshNoise).MoveToOuterDisposeScope();
        }

        var pixels = Vae.Decode(Vae.Unscale(latents)).to(noise.dtype);
        return (latents.MoveToOuterDisposeScope(), pixels.MoveToOuterDisposeScope());
    }
}
