using System.Text.Json.Serialization;

namespace ZsMlc.Torch.Diffusion.Autoencoder;

/// <summary>Sizes of an <c>AutoencoderKL</c>, named as in its <c>config.json</c>; the defaults are Stable Diffusion's.</summary>
public sealed record AutoencoderConfig
{
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

    /// <summary>Gets the ratio of image size to latent size.</summary>
    [JsonIgnore]
    public int SpatialFactor => 1 << (BlockOutChannels.Count - 1);
}
