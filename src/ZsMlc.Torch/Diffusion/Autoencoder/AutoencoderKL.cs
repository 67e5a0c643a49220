using TorchSharp;
using TorchSharp.Modules;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Autoencoder;

/// <summary>Stable Diffusion's autoencoder between images and latents. Its fields keep the checkpoint's tensor names.</summary>
public sealed class AutoencoderKL : nn.Module<Tensor, Tensor>
{
    internal readonly Encoder encoder;
    internal readonly Decoder decoder;
    internal readonly Conv2d quant_conv;
    internal readonly Conv2d post_quant_conv;

    /// <summary>Creates the network with random weights.</summary>
    /// <exception cref="NotSupportedException">The configuration is of another architecture.</exception>
    public AutoencoderKL(AutoencoderConfig config)
        : base(nameof(AutoencoderKL))
    {
        config.Validate();
        Config = config;
        encoder = new(config);
        decoder = new(config);
        quant_conv = Layers.Conv2d(2 * config.LatentChannels, 2 * config.LatentChannels, kernel_size: 1);
        post_quant_conv = Layers.Conv2d(config.LatentChannels, config.LatentChannels, kernel_size: 1);
        RegisterComponents();
    }

    /// <summary>Gets the sizes.</summary>
    public AutoencoderConfig Config { get; }

    /// <summary>Encodes to the mean of the latents and decodes again.</summary>
    public override Tensor forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        return Decode(Encode(images).Mean).MoveToOuterDisposeScope();
    }

    /// <summary>The normal distribution of an image's latents, before <see cref="AutoencoderConfig.ScalingFactor"/>.</summary>
    /// <param name="images">Pixels from -1 to 1 [B, 3, H, W], H and W multiples of the spatial factor.</param>
    /// <returns>Mean and logarithm of the variance (clamped to -30..20), each [B, LatentChannels, h, w].</returns>
    public (Tensor Mean, Tensor LogVariance) Encode(Tensor images)
    {
        using var scope = NewDisposeScope();
        var halves = quant_conv.forward(encoder.forward(images)).chunk(2, 1);
        return (halves[0].MoveToOuterDisposeScope(), halves[1].clamp(-30, 20).MoveToOuterDisposeScope());
    }

    /// <summary>Latents as the denoiser works on them, to those that this network decodes, in its element type.</summary>
    /// <param name="latents">[B, LatentChannels, h, w].</param>
    public Tensor Unscale(Tensor latents)
    {
        using var scope = NewDisposeScope();
        var plain = latents / Config.ScalingFactor;
        if (Config is { LatentsMean: { } means, LatentsStd: { } deviations })
        {
            Tensor Channels(IReadOnlyList<double> values) => tensor(values.ToArray(), dtype: latents.dtype, device: latents.device).view(1, -1, 1, 1);
            plain = plain * Channels(deviations) + Channels(means);
        }

        return plain.to(post_quant_conv.weight.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>Decodes latents (already divided by <see cref="AutoencoderConfig.ScalingFactor"/>).</summary>
    /// <param name="latents">[B, LatentChannels, h, w].</param>
    /// <returns>Pixels of about -1 to 1, [B, 3, H, W].</returns>
    public Tensor Decode(Tensor latents)
    {
        using var scope = NewDisposeScope();
        var pixels = RunCache.Wide(this, () => new(Config)) is { } wide
            ? wide.Decode(latents.to(ScalarType.Float32)).to(latents.dtype)
            : decoder.forward(post_quant_conv.forward(latents));
        return pixels.MoveToOuterDisposeScope();
    }

    /// <summary>Decodes one image at a time: the memory of a single image, whatever the batch.</summary>
    public Tensor DecodeSliced(Tensor latents)
    {
        using var scope = NewDisposeScope();
        return cat(latents.split(1).Select(Decode).ToArray(), 0).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Decodes overlapping square tiles and blends them linearly, for images too large for the memory. The result
    /// differs slightly from <see cref="Decode"/>, whose norms and attention see the whole image.
    /// </summary>
    /// <param name="latents">[B, LatentChannels, h, w].</param>
    /// <param name="tile">Side of a tile in latents, 8 or more.</param>
    public Tensor DecodeTiled(Tensor latents, int tile = 64)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tile, 8);
        using var scope = NewDisposeScope();
        var (height, width) = (latents.shape[2], latents.shape[3]);
        if (height <= tile && width <= tile)
        {
            return Decode(latents).MoveToOuterDisposeScope();
        }

        var factor = Config.SpatialFactor;
        var overlap = tile / 4;
        var sum = zeros([latents.shape[0], Config.OutChannels, height * factor, width * factor], latents.dtype, latents.device);
        var weight = zeros([1, 1, height * factor, width * factor], latents.dtype, latents.device);
        foreach (var top in Starts(height, tile, overlap))
        {
            foreach (var left in Starts(width, tile, overlap))
            {
                using var tileScope = NewDisposeScope();
                var (h, w) = (Math.Min(tile, height), Math.Min(tile, width));
                var pixels = Decode(latents.narrow(2, top, h).narrow(3, left, w));
                var ramp = Ramp(h * factor, overlap * factor, latents).unsqueeze(1) * Ramp(w * factor, overlap * factor, latents).unsqueeze(0);
                sum.narrow(2, top * factor, h * factor).narrow(3, left * factor, w * factor).add_(pixels * ramp);
                weight.narrow(2, top * factor, h * factor).narrow(3, left * factor, w * factor).add_(ramp);
            }
        }

        return (sum / weight).MoveToOuterDisposeScope();
    }

    /// <summary>Names of older checkpoints to those of this class.</summary>
    internal static string ModernName(string name) => name
        .Replace(".attentions.0.query.", ".attentions.0.to_q.")
        .Replace(".attentions.0.key.", ".attentions.0.to_k.")
        .Replace(".attentions.0.value.", ".attentions.0.to_v.")
        .Replace(".attentions.0.proj_attn.", ".attentions.0.to_out.0.");

    private static IEnumerable<long> Starts(long size, int tile, int overlap)
    {
        for (long start = 0; ; start += tile - overlap)
        {
            if (start + tile >= size)
            {
                yield return Math.Max(size - tile, 0);
                yield break;
            }

            yield return start;
        }
    }

    // Weights that rise over the overlap from nearly 0 to 1, stay, and fall again.
    private static Tensor Ramp(long size, long overlap, Tensor like)
    {
        using var scope = NewDisposeScope();
        var position = arange(size, dtype: like.dtype, device: like.device) + 0.5;
        return minimum(position, size - position).div(overlap).clamp(max: 1).MoveToOuterDisposeScope();
    }
}
