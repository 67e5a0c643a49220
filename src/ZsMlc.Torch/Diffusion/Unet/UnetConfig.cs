using System.Text.Json;
using System.Text.Json.Serialization;
using ZsMlc.Torch.Diffusion.Configuration;

namespace ZsMlc.Torch.Diffusion.Unet;

/// <summary>Sizes of a <c>UNet2DConditionModel</c>, named as in its <c>config.json</c>; the defaults are Stable Diffusion 1's.</summary>
public sealed record UnetConfig
{
    /// <summary>Gets the network's class in the checkpoint.</summary>
    [JsonPropertyName("_class_name")]
    public string ClassName { get; init; } = "UNet2DConditionModel";

    /// <summary>Gets the side of the latents that the network was trained on.</summary>
    public int SampleSize { get; init; } = 64;

    /// <summary>Gets the channels of the input latents.</summary>
    public int InChannels { get; init; } = 4;

    /// <summary>Gets the channels of the prediction.</summary>
    public int OutChannels { get; init; } = 4;

    /// <summary>Gets the channels of every level.</summary>
    public IReadOnlyList<int> BlockOutChannels { get; init; } = [320, 640, 1280, 1280];

    /// <summary>Gets the residual blocks of a level (one more on the way up).</summary>
    public int LayersPerBlock { get; init; } = 2;

    /// <summary>Gets the kind of every level on the way down: <c>CrossAttnDownBlock2D</c> or <c>DownBlock2D</c>.</summary>
    public IReadOnlyList<string> DownBlockTypes { get; init; } = ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"];

    /// <summary>Gets the kind of every level on the way up: <c>UpBlock2D</c> or <c>CrossAttnUpBlock2D</c>.</summary>
    public IReadOnlyList<string> UpBlockTypes { get; init; } = ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"];

    /// <summary>Gets the kind of the middle; only <c>UNetMidBlock2DCrossAttn</c> is supported.</summary>
    public string MidBlockType { get; init; } = "UNetMidBlock2DCrossAttn";

    /// <summary>Gets the width of the text encoder's states.</summary>
    public int CrossAttentionDim { get; init; } = 768;

    /// <summary>Gets the number of attention heads of the levels; the name is historical.</summary>
    public IntOrList AttentionHeadDim { get; init; } = 8;

    /// <summary>Gets whether the transformers' projections are linear layers (Stable Diffusion 2) instead of 1×1 convolutions.</summary>
    public bool UseLinearProjection { get; init; }

    /// <summary>Gets the groups of the group norms.</summary>
    public int NormNumGroups { get; init; } = 32;

    /// <summary>Gets the epsilon of the residual blocks' norms.</summary>
    public double NormEps { get; init; } = 1e-5;

    /// <summary>Gets whether the time embedding starts with cosines.</summary>
    public bool FlipSinToCos { get; init; } = true;

    /// <summary>Gets the shift of the time embedding's frequencies.</summary>
    public double FreqShift { get; init; }

    /// <summary>Gets the width of a guidance embedding that is added to the time embedding (LCM), or null.</summary>
    public int? TimeCondProjDim { get; init; }

    /// <summary>Gets settings that this record does not name; some of them select an architecture that is not supported.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Other { get; init; }

    /// <summary>Throws when the configuration asks for parts that this network does not have.</summary>
    /// <exception cref="NotSupportedException">The message names the setting.</exception>
    public void Validate()
    {
        if (ClassName != "UNet2DConditionModel")
        {
            throw new NotSupportedException($"The denoiser '{ClassName}' is not supported; expected UNet2DConditionModel (Stable Diffusion 1.x or 2.x).");
        }

        string[] refused = ["addition_embed_type", "class_embed_type", "encoder_hid_dim", "encoder_hid_dim_type", "num_class_embeds"];
        foreach (var name in refused)
        {
            if (Other?.GetValueOrDefault(name) is { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) } value)
            {
                throw new NotSupportedException($"The UNet's setting {name} = {value} is not supported; expected a Stable Diffusion 1.x or 2.x UNet, not SDXL or another variant.");
            }
        }

        if (DownBlockTypes.Count != BlockOutChannels.Count || UpBlockTypes.Count != BlockOutChannels.Count)
        {
            throw new NotSupportedException($"The UNet has {BlockOutChannels.Count} levels but {DownBlockTypes.Count} down and {UpBlockTypes.Count} up blocks.");
        }

        var unknown = DownBlockTypes.Except(["CrossAttnDownBlock2D", "DownBlock2D"]).Concat(UpBlockTypes.Except(["CrossAttnUpBlock2D", "UpBlock2D"])).FirstOrDefault()
            ?? (MidBlockType == "UNetMidBlock2DCrossAttn" ? null : MidBlockType);
        if (unknown is not null)
        {
            throw new NotSupportedException($"The UNet block '{unknown}' is not supported.");
        }
    }
}
