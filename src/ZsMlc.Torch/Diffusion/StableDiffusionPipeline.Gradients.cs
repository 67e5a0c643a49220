using TorchSharp;
using ZsMlc.Torch.Diffusion.Schedulers;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion;

public sealed partial class StableDiffusionPipeline
{
    /// <summary>
    /// Samples and decodes with gradients from the pixels back to the text states, for tuning the text encoder. Set
    /// <see cref="Unet.UNet2DConditionModel.GradientCheckpointing"/> to keep the memory of a step small.
    /// </summary>
    /// <param name="context">Text states [2B, L, width], negative prompts first; [B, L, width] when <see cref="GenerationOptions.GuidanceScale"/> is 1.</param>
    /// <param name="noise">Unit noise [B, C, h, w] of the first sample.</param>
    /// <param name="options">Steps, guidance (factor, start and end) and scheduler are used.</param>
    /// <param name="lastSteps">Number of last steps that gradients pass through; null for all.</param>
    /// <param name="cancellation">Ends the run between two steps.</param>
    /// <param name="freshNoise">Source of noise for stochastic schedulers.</param>
    /// <returns>The final latents, and pixels of about -1 to 1 [B, 3, H, W].</returns>
    public (Tensor Latents, Tensor Pixels) SampleWithGradients(Tensor context, Tensor noise, GenerationOptions options, int? lastSteps = null, CancellationToken cancellation = default, Func<Tensor>? freshNoise = null)
    {
        using var scope = NewDisposeScope();
        var scheduler = Scheduler.Create(options.Scheduler ?? SchedulerConfig);
        scheduler.SetTimesteps(options.Steps);
        var latents = noise * scheduler.InitNoiseSigma;
        var count = scheduler.Timesteps.Count;
        for (var i = 0; i < count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var stepScope = NewDisposeScope();
            using var grad = set_grad_enabled(is_grad_enabled() && (lastSteps is null || i >= count - lastSteps));
            var output = Predict(scheduler.ScaleModelInput(latents, i), scheduler.Timesteps[i], context, options.GuidanceAt(i, count));
            latents = scheduler.Step(output, i, latents, freshNoise).MoveToOuterDisposeScope();
        }

        var pixels = Vae.Decode((latents / Vae.Config.ScalingFactor).to(Vae.post_quant_conv.weight.dtype)).to(noise.dtype);
        return (latents.MoveToOuterDisposeScope(), pixels.MoveToOuterDisposeScope());
    }
}
