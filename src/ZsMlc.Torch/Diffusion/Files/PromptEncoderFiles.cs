using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion.Conditioning;
using ZsMlc.Torch.Diffusion.Configuration;
using ZsMlc.Torch.Diffusion.TextEncoder;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Files;

/// <summary>The two folders of a text encoder: <c>text_encoder</c> and <c>tokenizer</c>, with _2 behind for the second one.</summary>
internal static class PromptEncoderFiles
{
    private const string Root = "text_model.", Projection = "text_projection.";

    public static string NetworkPart(int index) => "text_encoder" + Suffix(index);

    public static string TokenizerPart(int index) => "tokenizer" + Suffix(index);

    /// <summary>Loads an encoder with its tokenizer; one without a tokenizer folder has CLIP's own.</summary>
    public static PromptEncoder Load(PartLoader parts, int index)
    {
        var part = NetworkPart(index);
        var read = ConfigJson.Read<TextEncoderConfig>(parts.PathOf(part, "config.json"));
        var config = index == 0 ? read : read with { Architectures = [TextEncoderConfig.WithProjection] };
        var folder = parts.PathOf(TokenizerPart(index));
        var tokenizer = ClipTokenizer.IsIn(folder) ? ClipTokenizer.FromFolder(folder) : ClipTokenizer.Default;
        if (TokenIds.Misfit(tokenizer, config.VocabSize) is { } misfit)
        {
            throw new CheckpointFormatException(folder, misfit);
        }

        var network = parts.Load(() => new ClipTextEncoder(config), config.NumHiddenLayers, part, ModernName);
        return new(network, tokenizer, PadToken.Read(folder, tokenizer), TokenizerFiles.Length(folder, config.MaxPositionEmbeddings));
    }

    /// <summary>Compares the configuration of an encoder with the header of its weights, which are not read.</summary>
    public static void Look(PartLoader parts, int index)
    {
        var part = NetworkPart(index);
        var config = ConfigJson.Read<TextEncoderConfig>(parts.PathOf(part, "config.json"));
        parts.Look(() => new ClipTextEncoder(config), config.NumHiddenLayers, part, ModernName);
    }

    /// <summary>Writes an encoder with its tokenizer.</summary>
    public static void Save(string folder, int index, PromptEncoder encoder, ScalarType dtype)
    {
        var part = Path.Combine(folder, NetworkPart(index));
        PartFiles.Save(part, "model.safetensors", encoder.Network, dtype);
        ConfigJson.Write(Path.Combine(part, "config.json"), encoder.Network.Config with { Other = null }, Written(encoder));
        TokenizerFiles.Save(Path.Combine(folder, TokenizerPart(index)), encoder);
    }

    /// <summary>
    /// Names of a checkpoint to those of the network: older files hold the positions 0, 1, ... as if they were weights, newer ones lack
    /// the prefix of the text model.
    /// </summary>
    public static string? ModernName(string name) =>
        name.EndsWith("position_ids", StringComparison.Ordinal) ? null
        : name.StartsWith(Root, StringComparison.Ordinal) || name.StartsWith(Projection, StringComparison.Ordinal) ? name
        : Root + name;

    // The ids are the tokenizer's: transformers looks for the end of a text by its number here. Its element type is that of diffusers'
    // default, so that both libraries load the folder alike, whatever type is stored.
    private static IEnumerable<(string Name, string[] Values)> Written(PromptEncoder encoder) =>
    [
        ("attention_dropout", ["0.0"]), ("bos_token_id", [$"{encoder.Tokenizer.StartId}"]), ("dtype", ["\"float32\""]), ("eos_token_id", [$"{encoder.Tokenizer.EndId}"]),
        ("initializer_factor", ["1.0"]), ("initializer_range", ["0.02"]), ("model_type", ["\"clip_text_model\""]), ("pad_token_id", [$"{encoder.PadId}"]),
    ];

    private static string Suffix(int index) => index == 0 ? "" : $"_{index + 1}";
}
