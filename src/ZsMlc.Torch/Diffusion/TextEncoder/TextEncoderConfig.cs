using System.Text.Json;
using System.Text.Json.Serialization;
using ZsMlc.Torch.Diffusion.Configuration;

namespace ZsMlc.Torch.Diffusion.TextEncoder;

/// <summary>Sizes of a Hugging Face CLIP text model, named as in its <c>config.json</c>; the defaults are Stable Diffusion 1's.</summary>
public sealed record TextEncoderConfig
{
    // Settings of the reference's network that change its result, with the values that this one knows.
    internal static readonly IReadOnlyList<(string Name, string[] Values)> Fixed = [("use_attention_mask", ["false"])];

    internal const string Plain = "CLIPTextModel", WithProjection = "CLIPTextModelWithProjection";

    /// <summary>Gets the network's class: <c>CLIPTextModel</c> (default), or <c>CLIPTextModelWithProjection</c> for one that pools (the second of SDXL).</summary>
    public IReadOnlyList<string> Architectures { get; init; } = [Plain];

    /// <summary>Gets whether the network has a projection of the pooled text.</summary>
    [JsonIgnore]
    public bool HasProjection => Architectures.Contains(WithProjection);

    /// <summary>Gets the size of the vocabulary.</summary>
    public int VocabSize { get; init; } = 49408;

    /// <summary>Gets the token width.</summary>
    public int HiddenSize { get; init; } = 768;

    /// <summary>Gets the hidden width of the perceptrons.</summary>
    public int IntermediateSize { get; init; } = 3072;

    /// <summary>Gets the number of blocks.</summary>
    public int NumHiddenLayers { get; init; } = 12;

    /// <summary>Gets the number of attention heads.</summary>
    public int NumAttentionHeads { get; init; } = 12;

    /// <summary>Gets the tokens of a text, start and end included.</summary>
    public int MaxPositionEmbeddings { get; init; } = 77;

    /// <summary>Gets the activation: <c>quick_gelu</c> (Stable Diffusion 1) or <c>gelu</c> (Stable Diffusion 2).</summary>
    public string HiddenAct { get; init; } = "quick_gelu";

    /// <summary>Gets the epsilon of the layer norms.</summary>
    public double LayerNormEps { get; init; } = 1e-5;

    /// <summary>Gets the width of the projected text, for <c>CLIPTextModelWithProjection</c>. Default 512.</summary>
    public int ProjectionDim { get; init; } = 512;

    /// <summary>Gets settings that this record does not name; one of them changes what the network sees.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Other { get; init; }

    /// <summary>Throws when the configuration asks for what this network does not do.</summary>
    /// <exception cref="NotSupportedException">The message names the setting.</exception>
    public void Validate()
    {
        FixedSettings.Check("The text encoder", Other, Fixed);
        FixedSettings.CheckDivides("The text encoder", "num_attention_heads", NumAttentionHeads, HiddenSize);
    }
}
