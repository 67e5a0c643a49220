using System.Text.Json;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion.Configuration;

namespace ZsMlc.Torch.Diffusion.TextEncoder;

/// <summary>The token behind the end of a prompt, as the files of a tokenizer folder name it.</summary>
internal static class PadToken
{
    private const string MapFile = "special_tokens_map.json", Key = "pad_token", AddedTokens = "added_tokens_decoder";

    /// <summary>Reads the id; the end token where no file names another.</summary>
    /// <param name="folder">The tokenizer's folder.</param>
    /// <param name="tokenizer">The tokenizer itself.</param>
    /// <exception cref="CheckpointFormatException">A file is damaged, or its token is not in the vocabulary.</exception>
    public static int Read(string folder, ClipTokenizer tokenizer)
    {
        var (config, map) = (ReadFile(folder, TokenizerSettings.ConfigFile), ReadFile(folder, MapFile));

        // transformers lets the map overrule the configuration, unless the latter lists the special tokens itself; version 5 writes no map.
        var (first, second) = config.Values.ContainsKey(AddedTokens) ? (config, map) : (map, config);
        var (path, values) = first.Values.ContainsKey(Key) ? first : second;
        return values.TryGetValue(Key, out var token) ? Id(path, token, tokenizer) : tokenizer.EndId;
    }

    private static (string Path, Dictionary<string, JsonElement> Values) ReadFile(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        return (path, File.Exists(path) ? ConfigJson.Read<Dictionary<string, JsonElement>>(path) : []);
    }

    private static int Id(string path, JsonElement token, ClipTokenizer tokenizer)
    {
        var content = token.ValueKind == JsonValueKind.Object && token.TryGetProperty("content", out var inner) ? inner : token;
        var text = content.ValueKind == JsonValueKind.String
            ? content.GetString()!
            : throw new CheckpointFormatException(path, $"{Key} is {token.GetRawText()}; expected a text, or an object with a text 'content'.");
        return tokenizer.IdOf(text) ?? throw new CheckpointFormatException(path, $"the pad token '{text}' is not in the vocabulary.");
    }
}
