using System.Text.Json;
using System.Text.Json.Serialization;
using ZsMlc.Torch.Diffusion.Configuration;

namespace ZsMlc.Torch.Diffusion.Autoencoder;

/// <summary>Sizes of an <c>AutoencoderKL</c>, named as in its <c>config.json</c>; the defaults are Stable Diffusion's.</summary>
public sealed record AutoencoderConfig
{
    // Every other setting of the reference's network that changes its result, with the values that this one knows.
    internal static readonly IReadOnlyList<(string Name, string[] Values)> Fixed =
    [
        ("act_fn", ["\"silu\"", "\"swish\""]), ("mid_block_add_attention", ["true"]), ("shift_factor", []),
        ("use_post_quant_conv", ["true"]), ("use_quant_conv", ["true"]),
    ];

    // Settings of this record that may be null.
    internal static readonly IReadOnlyList<(string Name, string[] Values)> Idle = [("latents_mean", []), ("latents_std", [])];

    private const string DownBlock = "DownEncoderBlock2D", UpBlock = "UpDecoderBlock2D";

    /// <summary>Gets the network's class in the checkpoint.</summary>
    [JsonPropertyName("_class_name")]
    public string ClassName { get; init; } = "AutoencoderKL";

    /// <summary>Gets the channels of the image.</summary>
    public int InChannels { get; init; } = 3;

    /// <summary>Gets the channels of the decoded image.</summary>
    public int OutChannels { get; init; } = 3;

    /// <summary>Gets the channels of every level; each level but the first halves height and width.</summary>
    public IReadOnlyList<int> BlockOutChannels { get; init; } = [128, 256, 512, 512];

    /// <summary>Gets the residual blocks of a level (one more in the decoder).</summary>
    public int LayersPerBlock { get; init; } = 2;

    /// <summary>Gets the channels of the latents.</summary>
    public int LatentChannels { get; init; } = 4;

    /// <summary>Gets the groups of the group norms.</summary>
    public int NormNumGroups { get; init; } = 32;

    /// <summary>Gets the factor between the encoder's latents and those that the denoiser works on.</summary>
    public double ScalingFactor { get; init; } = 0.18215;

    /// <summary>Gets the means of the latents' channels, added after <see cref="ScalingFactor"/>; null (default) for none.</summary>
    public IReadOnlyList<double>? LatentsMean { get; init; }

    /// <summary>Gets the standard deviations of the latents' channels, multiplied in after <see cref="ScalingFactor"/>; null (default) for none.</summary>
    public IReadOnlyList<double>? LatentsStd { get; init; }

    /// <summary>Gets whether an SDXL pipeline in half precision keeps this network in single precision, where its activations would overflow. Default true.</summary>
    public bool ForceUpcast { get; init; } = true;

    /// <summary>Gets the side of the images that the network was trained on. It changes nothing.</summary>
    public int? SampleSize { get; init; }

    /// <summary>Gets settings that this record does not name; some of them select an architecture that is not supported.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Other { get; init; }

    /// <summary>Gets the kind of every level of the encoder; all are <c>DownEncoderBlock2D</c>.</summary>
    public IReadOnlyList<string> DownBlockTypes
    {
        get => field ?? [.. BlockOutChannels.Select(_ => DownBlock)];
        init;
    }

    /// <summary>Gets the kind of every level of the decoder; all are <c>UpDecoderBlock2D</c>.</summary>
    public IReadOnlyList<string> UpBlockTypes
    {
        get => field ?? [.. BlockOutChannels.Select(_ => UpBlock)];
        init;
    }

    /// <summary>Gets the ratio of image size to latent size.</summary>
    [JsonIgnore]
    public int SpatialFactor => 1 << (BlockOutChannels.Count - 1);

    /// <summary>Throws when the configuration asks for parts that this network does not have.</summary>
    /// <exception cref="NotSupportedException">The message names the setting.</exception>
    public void Validate()
    {
        if (ClassName != "AutoencoderKL")
        {
            throw new NotSupportedException($"The autoencoder '{ClassName}' is not supported; expected AutoencoderKL.");
        }

        FixedSettings.Check("The autoencoder", Other, Fixed);
        FixedSettings.CheckDivides("The autoencoder", "norm_num_groups", NormNumGroups, BlockOutChannels);
        foreach (var (name, found, known) in new[] { ("down_block_types", DownBlockTypes, DownBlock), ("up_block_types", UpBlockTypes, UpBlock) })
        {
            if (found.Count != BlockOutChannels.Count || found.Any(f => f != known))
            {
                throw new NotSupportedException($"The autoencoder: the setting {name} = [{string.Join(", ", found)}] is not supported; expected {BlockOutChannels.Count} times {known}.");
            }
        }

        // Latents are divided by both, in single precision.
        if ((float)ScalingFactor is not (> 0 and < float.PositiveInfinity))
        {
            throw new NotSupportedException($"The autoencoder: the setting scaling_factor = {ScalingFactor} is not supported; expected a number above 0.");
        }

        foreach (var (name, found) in new[] { ("latents_mean", LatentsMean), ("latents_std", LatentsStd) })
        {
            if (LatentsMean is null != LatentsStd is null || (found is not null && found.Count != LatentChannels))
            {
                throw new NotSupportedException($"The autoencoder: the setting {name} has {found?.Count ?? 0} values; expected one for each of the {LatentChannels} channels, in latents_mean and latents_std alike.");
            }

            if (found?.Any(v => !float.IsFinite((float)v) || (name == "latents_std" && (float)v <= 0)) == true)
            {
                throw new NotSupportedException($"The autoencoder: the setting {name} = [{string.Join(", ", found)}] is not supported; expected numbers, in latents_std above 0.");
            }
        }
    }
}
