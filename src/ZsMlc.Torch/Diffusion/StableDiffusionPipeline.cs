using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion.Autoencoder;
using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Diffusion.TextEncoder;
using ZsMlc.Torch.Diffusion.Unet;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion;

/// <summary>
/// Text to image with Stable Diffusion 1.x, 2.x and their few-step derivatives. One instance generates one batch at a time.
/// </summary>
public sealed partial class StableDiffusionPipeline : IDisposable
{
    /// <summary>Puts a pipeline together from its parts, which it then owns.</summary>
    /// <param name="textEncoder">The text encoder.</param>
    /// <param name="unet">The denoiser; its context width is the text encoder's.</param>
    /// <param name="vae">The autoencoder.</param>
    /// <param name="tokenizer">The text encoder's tokenizer.</param>
    /// <param name="scheduler">Settings of the sampler.</param>
    /// <param name="padId">Token behind the end of a prompt; null for the end token (Stable Diffusion 1).</param>
    public StableDiffusionPipeline(ClipTextEncoder textEncoder, UNet2DConditionModel unet, AutoencoderKL vae, ClipTokenizer tokenizer, SchedulerConfig scheduler, int? padId = null)
    {
        TorchRuntime.EnsureLoaded();
        if (textEncoder.Config.HiddenSize != unet.Config.CrossAttentionDim)
        {
            throw new ArgumentException($"The text encoder's states are {textEncoder.Config.HiddenSize} wide, but the UNet expects {unet.Config.CrossAttentionDim}.", nameof(unet));
        }

        if (unet.Config.InChannels != vae.Config.LatentChannels)
        {
            throw new ArgumentException($"The UNet takes {unet.Config.InChannels} channels, but the autoencoder's latents have {vae.Config.LatentChannels}.", nameof(vae));
        }

        (TextEncoder, Unet, Vae, Tokenizer, SchedulerConfig, PadId) = (textEncoder, unet, vae, tokenizer, scheduler, padId ?? tokenizer.EndId);
    }

    /// <summary>Gets the text encoder.</summary>
    public ClipTextEncoder TextEncoder { get; }

    /// <summary>Gets the denoiser.</summary>
    public UNet2DConditionModel Unet { get; }

    /// <summary>Gets the autoencoder.</summary>
    public AutoencoderKL Vae { get; }

    /// <summary>Gets or sets a cheap decoder for previews; without one the autoencoder decodes them. The pipeline frees it.</summary>
    public AutoencoderTiny? PreviewDecoder { get; set; }

    /// <summary>Gets the tokenizer.</summary>
    public ClipTokenizer Tokenizer { get; }

    /// <summary>Gets the checkpoint's scheduler settings.</summary>
    public SchedulerConfig SchedulerConfig { get; }

    /// <summary>Gets the token behind the end of a prompt.</summary>
    public int PadId { get; }

    /// <summary>Gets the side in pixels of the images that the model was trained on.</summary>
    public int NativeSize => Unet.Config.SampleSize * Vae.Config.SpatialFactor;

    /// <summary>Gets the device of the networks.</summary>
    public Device Device => Unet.conv_in.weight.device;

    /// <summary>Gets the element type of the denoiser's weights.</summary>
    public ScalarType DType => Unet.conv_in.weight.dtype;

    /// <summary>Encodes prompts.</summary>
    /// <param name="prompts">N prompts; longer ones than the context are cut.</param>
    /// <returns>States [N, L, width].</returns>
    public Tensor EncodePrompts(IReadOnlyList<string> prompts)
    {
        using var scope = NewDisposeScope();
        var ids = Tokenizer.Tokenize(prompts, TextEncoder.Config.MaxPositionEmbeddings, PadId).to(Device);
        return TextEncoder.forward(ids).MoveToOuterDisposeScope();
    }

    /// <summary>Whether a prompt is too long, so that its end is cut off.</summary>
    public bool IsTooLong(string prompt) => Tokenizer.Encode(prompt).Count > TextEncoder.Config.MaxPositionEmbeddings - 2;

    /// <summary>Frees the networks.</summary>
    public void Dispose()
    {
        TextEncoder.Dispose();
        Unet.Dispose();
        Vae.Dispose();
        PreviewDecoder?.Dispose();
    }

    /// <summary>The denoiser's prediction under classifier-free guidance.</summary>
    /// <param name="input">Scaled latents [B, C, h, w].</param>
    /// <param name="timestep">The timestep.</param>
    /// <param name="context">Text states: [2B, L, width] with the negative prompts first, or [B, L, width] without guidance.</param>
    /// <param name="guidance">The factor of this step; at 1 only the second half of doubled text states is used.</param>
    private Tensor Predict(Tensor input, double timestep, Tensor context, double guidance)
    {
        using var scope = NewDisposeScope();
        var guided = UsesGuidance(guidance);
        var t = tensor(new[] { (float)timestep }, device: input.device);
        var x = (guided ? cat([input, input], 0) : input).to(DType);
        var states = guided || context.shape[0] == input.shape[0] ? context : context.chunk(2, 0)[1];
        var output = Unet.Predict(x, t, states, GuidanceEmbedding(input.shape[0], guidance)).to(input.dtype);
        if (!guided)
        {
            return output.MoveToOuterDisposeScope();
        }

        var halves = output.chunk(2, 0);
        return (halves[0] + guidance * (halves[1] - halves[0])).MoveToOuterDisposeScope();
    }

    /// <summary>A network that takes the guidance factor as an input has it built in.</summary>
    internal bool UsesGuidance(double guidance) => guidance != 1 && Unet.Config.TimeCondProjDim is null;

    private Tensor? GuidanceEmbedding(long batch, double guidance)
    {
        if (Unet.Config.TimeCondProjDim is not { } width)
        {
            return null;
        }

        // Luo et al. 2023: the sinusoidal embedding of 1000 · (g - 1), sines first, with half - 1 in the frequencies.
        using var w = full([batch], (float)((guidance - 1) * 1000), device: Device);
        return TimestepEmbedding.Sinusoids(w, width, cosineFirst: false, shift: 1).to(DType);
    }
}
