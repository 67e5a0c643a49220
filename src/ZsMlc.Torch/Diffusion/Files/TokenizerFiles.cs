using System.Text.Json;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion.Conditioning;
using ZsMlc.Torch.Diffusion.Configuration;

namespace ZsMlc.Torch.Diffusion.Files;

/// <summary>The settings beside the vocabulary in a tokenizer's folder.</summary>
internal static class TokenizerFiles
{
    private const string MapFile = "special_tokens_map.json", LengthKey = "model_max_length";

    /// <summary>Tokens of a prompt: the tokenizer's own limit, but no more than the encoder has positions.</summary>
    /// <exception cref="CheckpointFormatException">The limit is no number of 2 or more.</exception>
    public static int Length(string folder, int positions)
    {
        var path = Path.Combine(folder, TokenizerSettings.ConfigFile);
        if (!File.Exists(path) || !ConfigJson.Read<Dictionary<string, JsonElement>>(path).TryGetValue(LengthKey, out var limit))
        {
            return positions;
        }

        // A tokenizer without a limit is written with 10³⁰.
        return limit.ValueKind == JsonValueKind.Number && limit.GetDouble() is >= 2 and var length
            ? (int)Math.Min(length, positions)
            : throw new CheckpointFormatException(path, $"{LengthKey} is {limit.GetRawText()}; expected a number of 2 or more.");
    }

    /// <summary>Writes vocabulary, merges and settings, in the forms that old and new readers look for.</summary>
    public static void Save(string folder, PromptEncoder encoder)
    {
        const string start = ClipTokenizer.StartText, end = ClipTokenizer.EndText;
        encoder.Tokenizer.Save(folder);
        var pad = encoder.PadId == encoder.Tokenizer.EndId ? end : encoder.Tokenizer.Token(encoder.PadId);
        Dictionary<string, object> special = new() { ["bos_token"] = start, ["eos_token"] = end, ["pad_token"] = pad, ["unk_token"] = end };
        ConfigJson.Write(Path.Combine(folder, MapFile), special);
        ConfigJson.Write(Path.Combine(folder, TokenizerSettings.ConfigFile), new Dictionary<string, object>(special) { [LengthKey] = encoder.Length, ["tokenizer_class"] = "CLIPTokenizer" });
    }
}
