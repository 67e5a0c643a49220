using System.Text.Json;
using System.Text.Json.Serialization;
using ZsMlc.Torch.Diffusion.Configuration;

namespace ZsMlc.Torch.Diffusion.Unet;

/// <summary>Sizes of a <c>UNet2DConditionModel</c>, named as in its <c>config.json</c>; the defaults are Stable Diffusion 1's.</summary>
public sealed record UnetConfig
{
    // Every other setting of the reference's network that changes its result, with the values that this one knows.
    internal static readonly IReadOnlyList<(string Name, string[] Values)> Fixed =
    [
        ("act_fn", ["\"silu\"", "\"swish\""]), ("attention_type", ["\"default\""]), ("center_input_sample", ["false"]),
        ("class_embed_type", []), ("conv_in_kernel", ["3"]), ("conv_out_kernel", ["3"]), ("cross_attention_norm", []),
        ("downsample_padding", ["1"]), ("dual_cross_attention", ["false"]), ("encoder_hid_dim", []), ("encoder_hid_dim_type", []),
        ("mid_block_only_cross_attention", ["null", "false"]), ("mid_block_scale_factor", ["1"]), ("num_attention_heads", []),
        ("num_class_embeds", []), ("only_cross_attention", ["false"]), ("resnet_out_scale_factor", ["1"]),
        ("resnet_skip_time_act", ["false"]), ("resnet_time_scale_shift", ["\"default\""]), ("reverse_transformer_layers_per_block", []),
        ("time_embedding_act_fn", []), ("time_embedding_dim", []), ("time_embedding_type", ["\"positional\""]), ("timestep_post_act", []),
    ];

    // Settings that change nothing in such a network, and those of this record that may be null.
    internal static readonly IReadOnlyList<(string Name, string[] Values)> Idle =
    [
        ("addition_embed_type", []), ("addition_embed_type_num_heads", ["64"]), ("addition_time_embed_dim", []), ("class_embeddings_concat", ["false"]),
        ("dropout", ["0.0"]), ("projection_class_embeddings_input_dim", []), ("time_cond_proj_dim", []), ("upcast_attention", ["false"]),
    ];

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

    /// <summary>Gets the kind of the middle: <c>UNetMidBlock2DCrossAttn</c> (default), or null for a network without one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? MidBlockType { get; init; } = "UNetMidBlock2DCrossAttn";

    /// <summary>Gets the width of the text states.</summary>
    public int CrossAttentionDim { get; init; } = 768;

    /// <summary>Gets the number of attention heads of the levels; the name is historical.</summary>
    public IntOrList AttentionHeadDim { get; init; } = 8;

    /// <summary>Gets the blocks of a transformer, for all levels or for each; the middle has as many as the last level. Default 1.</summary>
    public IntOrList TransformerLayersPerBlock { get; init; } = 1;

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

    /// <summary>Gets what is added to the time embedding: null (default), or <c>text_time</c> for pooled text and sizes (SDXL).</summary>
    public string? AdditionEmbedType { get; init; }

    /// <summary>Gets the width of the sinusoids of a size, for <c>text_time</c>.</summary>
    public int? AdditionTimeEmbedDim { get; init; }

    /// <summary>Gets the width of pooled text and the sinusoids of six sizes together, for <c>text_time</c>.</summary>
    public int? ProjectionClassEmbeddingsInputDim { get; init; }

    /// <summary>Gets the width of the pooled text, or null for a network that takes none.</summary>
    [JsonIgnore]
    public int? PooledDim => AdditionEmbedType is null ? null : ProjectionClassEmbeddingsInputDim - ImageSizes.Count * AdditionTimeEmbedDim;

    /// <summary>Gets settings that this record does not name; some of them select an architecture that is not supported.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Other { get; init; }

    /// <summary>Throws when the network needs an image besides the text.</summary>
    /// <exception cref="NotSupportedException">The message names what such a network is for.</exception>
    internal void CheckMakesImagesFromText()
    {
        var purpose = InChannels switch { 9 => " (inpainting)", 8 => " (instruct-pix2pix)", _ => "" };
        if (InChannels != OutChannels)
        {
            throw new NotSupportedException($"The UNet takes {InChannels} channels{purpose} and gives {OutChannels}: it needs an image besides the text, which is not supported.");
        }
    }

    /// <summary>Throws when the configuration asks for parts that this network does not have.</summary>
    /// <exception cref="NotSupportedException">The message names the setting.</exception>
    public void Validate()
    {
        if (ClassName != "UNet2DConditionModel")
        {
            throw new NotSupportedException($"The denoiser '{ClassName}' is not supported; expected UNet2DConditionModel (Stable Diffusion 1.x, 2.x or XL).");
        }

        FixedSettings.Check("The UNet", Other, Fixed);
        if (AdditionEmbedType is not (null or "text_time"))
        {
            throw new NotSupportedException($"The UNet: the setting addition_embed_type = \"{AdditionEmbedType}\" is not supported; expected null or text_time.");
        }

        if (AdditionEmbedType is not null && PooledDim is null or <= 0)
        {
            throw new NotSupportedException($"The UNet: addition_embed_type text_time with addition_time_embed_dim {AdditionTimeEmbedDim} and projection_class_embeddings_input_dim {ProjectionClassEmbeddingsInputDim} leaves no room for the pooled text.");
        }

        if (DownBlockTypes.Count != BlockOutChannels.Count || UpBlockTypes.Count != BlockOutChannels.Count)
        {
            throw new NotSupportedException($"The UNet has {BlockOutChannels.Count} levels but {DownBlockTypes.Count} down and {UpBlockTypes.Count} up blocks.");
        }

        var unknown = DownBlockTypes.Except(["CrossAttnDownBlock2D", "DownBlock2D"]).Concat(UpBlockTypes.Except(["CrossAttnUpBlock2D", "UpBlock2D"])).FirstOrDefault()
            ?? (MidBlockType is null or "UNetMidBlock2DCrossAttn" ? null : MidBlockType);
        if (unknown is not null)
        {
            throw new NotSupportedException($"The UNet block '{unknown}' is not supported.");
        }

        FixedSettings.CheckDivides("The UNet", "norm_num_groups", NormNumGroups, BlockOutChannels);
        foreach (var (width, level) in BlockOutChannels.Select((w, l) => (w, l)).Where(b => Attends(b.l)))
        {
            FixedSettings.CheckDivides("The UNet", "attention_head_dim", AttentionHeadDim[level], width);
        }
    }

    // The middle is as wide as the last level.
    private bool Attends(int level) => DownBlockTypes[level] == "CrossAttnDownBlock2D" || UpBlockTypes[^(level + 1)] == "CrossAttnUpBlock2D"
        || (level == BlockOutChannels.Count - 1 && MidBlockType is not null);
}
