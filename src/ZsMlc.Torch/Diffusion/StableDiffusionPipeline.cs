using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion.Autoencoder;
using ZsMlc.Torch.Diffusion.Conditioning;
using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Diffusion.TextEncoder;
using ZsMlc.Torch.Diffusion.Unet;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion;

/// <summary>
/// Text to image with Stable Diffusion 1.x, 2.x, XL and their few-step derivatives. One instance generates one batch at a time.
/// </summary>
public sealed partial class StableDiffusionPipeline : IDisposable
{
    private readonly SharedLifetime _lifetime;
    private readonly OwnThread _thread = new(nameof(StableDiffusionPipeline));

    /// <summary>Puts a pipeline of Stable Diffusion 1.x or 2.x together from its parts, which it then owns.</summary>
    /// <param name="textEncoder">The text encoder.</param>
    /// <param name="unet">The denoiser; its context width is the text encoder's.</param>
    /// <param name="vae">The autoencoder.</param>
    /// <param name="tokenizer">The text encoder's tokenizer.</param>
    /// <param name="scheduler">Settings of the sampler.</param>
    /// <param name="padId">Token behind the end of a prompt; null for the end token (Stable Diffusion 1).</param>
    /// <exception cref="ArgumentException">The parts do not fit each other.</exception>
    public StableDiffusionPipeline(ClipTextEncoder textEncoder, UNet2DConditionModel unet, AutoencoderKL vae, ClipTokenizer tokenizer, SchedulerConfig scheduler, int? padId = null)
        : this(new StableDiffusionConditioning(new(textEncoder, tokenizer, padId)), unet, vae, scheduler)
    {
    }

    /// <summary>Puts a pipeline of any family together from its parts, which it then owns.</summary>
    /// <param name="conditioning">The family's text encoders and what they give to the denoiser.</param>
    /// <param name="unet">The denoiser.</param>
    /// <param name="vae">The autoencoder.</param>
    /// <param name="scheduler">Settings of the sampler.</param>
    /// <exception cref="ArgumentException">The parts do not fit each other.</exception>
    public StableDiffusionPipeline(TextConditioning conditioning, UNet2DConditionModel unet, AutoencoderKL vae, SchedulerConfig scheduler)
    {
        TorchRuntime.EnsureLoaded();
        if (conditioning.StatesWidth != unet.Config.CrossAttentionDim)
        {
            throw new ArgumentException($"The text states are {conditioning.StatesWidth} wide, but the UNet expects {unet.Config.CrossAttentionDim}.", nameof(unet));
        }

        if (conditioning.PooledWidth != unet.Config.PooledDim)
        {
            throw new ArgumentException($"The pooled text is {conditioning.PooledWidth?.ToString() ?? "not there"}, but the UNet expects {unet.Config.PooledDim?.ToString() ?? "none"}.", nameof(unet));
        }

        if (unet.Config.InChannels != vae.Config.LatentChannels)
        {
            throw new ArgumentException($"The UNet takes {unet.Config.InChannels} channels, but the autoencoder's latents have {vae.Config.LatentChannels}.", nameof(vae));
        }

        _lifetime = new(nameof(StableDiffusionPipeline), Free);
        (Conditioning, Unet, Vae, SchedulerConfig) = (conditioning, unet, vae, conditioning.Corrected(scheduler));
    }

    /// <summary>Gets the text encoders and what they give to the denoiser.</summary>
    public TextConditioning Conditioning { get; }

    /// <summary>Gets the text encoder; the first one of a family with several.</summary>
    public ClipTextEncoder TextEncoder => Conditioning.Encoders[0].Network;

    /// <summary>Gets the denoiser.</summary>
    public UNet2DConditionModel Unet { get; }

    /// <summary>Gets the autoencoder.</summary>
    public AutoencoderKL Vae { get; }

    /// <summary>Gets or sets a cheap decoder for previews; without one the autoencoder decodes them. The pipeline frees it.</summary>
    public AutoencoderTiny? PreviewDecoder { get; set; }

    /// <summary>Gets the checkpoint's scheduler settings; for Stable Diffusion 1 and 2 with an offset of 1 and without clipping, as in the reference's pipeline.</summary>
    public SchedulerConfig SchedulerConfig { get; }

    /// <summary>Gets the side in pixels of the images that the model was trained on.</summary>
    public int NativeSize => Unet.Config.SampleSize * Vae.Config.SpatialFactor;

    /// <summary>Gets the device of the networks.</summary>
    public Device Device => Unet.conv_in.weight.device;

    /// <summary>Gets the element type of the denoiser's weights.</summary>
    public ScalarType DType => Unet.conv_in.weight.dtype;

    /// <summary>What the denoiser is conditioned on, a row a prompt; under guidance, as many rows of the negative prompt come first.</summary>
    /// <param name="prompts">The prompts; longer ones than the context are cut.</param>
    /// <param name="negative">What the images should not show, or null for none; without guidance it has no effect.</param>
    /// <param name="options">Guidance and size of the images are used.</param>
    public UnetConditioning Condition(IReadOnlyList<string> prompts, string? negative, GenerationOptions options)
    {
        using var use = _lifetime.Enter();
        using var scope = NewDisposeScope();
        var sizes = ImageSizes.Of(options.Height ?? NativeSize, options.Width ?? NativeSize);
        var positive = Conditioning.Encode(prompts, sizes);
        var all = UsesGuidance(options.GuidanceScale)
            ? UnetConditioning.Join(Conditioning.EncodeNegative(negative, sizes).Repeat(prompts.Count), positive)
            : positive;
        return all.To(DType).MoveToOuterDisposeScope();
    }

    /// <summary>Frees the networks, once the calls that run have ended.</summary>
    public void Dispose() => _lifetime.Dispose();

    private void Free()
    {
        Conditioning.Dispose();
        Unet.Free();
        Vae.Free();
        PreviewDecoder?.Free();
        _thread.Dispose();
    }

    /// <summary>The denoiser's prediction under classifier-free guidance.</summary>
    /// <param name="input">Scaled latents [B, C, h, w].</param>
    /// <param name="timestep">The timestep.</param>
    /// <param name="conditioning">2B rows with the negative prompts first, or B rows without guidance.</param>
    /// <param name="guidance">The factor of this step; where it is off, only the second half of doubled rows is used.</param>
    /// <param name="features">What calls hand on to the next ones, or <see langword="null"/>.</param>
    /// <param name="reuses">Whether this call takes over what an earlier one handed on.</param>
    private Tensor Predict(Tensor input, double timestep, UnetConditioning conditioning, double guidance, DeepFeatures? features = null, bool reuses = false)
    {
        using var scope = NewDisposeScope();
        var guided = UsesGuidance(guidance);
        var batch = input.shape[0];
        var t = full([1], (float)timestep, device: input.device);
        var x = (guided ? cat([input, input], 0) : input).to(DType);
        var rows = guided || conditioning.Count == batch ? conditioning : conditioning.Rows(batch, batch);
        var deep = reuses ? features?.Recall(guided) : null;
        var output = Unet.Predict(x, t, rows, GuidanceEmbedding(batch, guidance), ref deep).to(input.dtype);
        if (!reuses)
        {
            features?.Keep(deep!, guided);
        }

        if (!guided)
        {
            return output.MoveToOuterDisposeScope();
        }

        var halves = output.chunk(2, 0);
        return (halves[0] + guidance * (halves[1] - halves[0])).MoveToOuterDisposeScope();
    }

    /// <summary>Whether a factor means guidance: 1 or less turns it off, and a network that takes the factor as an input has it built in.</summary>
    internal bool UsesGuidance(double guidance) => guidance > 1 && Unet.Config.TimeCondProjDim is null;

    private Tensor? GuidanceEmbedding(long batch, double guidance)
    {
        if (Unet.Config.TimeCondProjDim is not { } width)
        {
            return null;
        }

        // Luo et al. 2023: the sinusoidal embedding of 1000 · (g - 1), sines first, with half - 1 in the frequencies.
        using var w = full([batch], (float)(Math.Max(0, guidance - 1) * 1000), device: Device);
        return TimestepEmbedding.Sinusoids(w, width, cosineFirst: false, shift: 1).to(DType);
    }
}
