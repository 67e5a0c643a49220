using System.Text.Json;
using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.Torch.Clip;

/// <summary>
/// The file <c>tokenizer.json</c>, which holds vocabulary and merges together; newer libraries write it alone. Merges are texts with a
/// blank or pairs.
/// </summary>
internal static class TokenizerJson
{
    public const string FileName = "tokenizer.json";

    /// <summary>Reads vocabulary and merges.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointFormatException">The file is damaged, or of another kind of tokenizer.</exception>
    public static ClipTokenizer Read(string path) => Parse(path, SmallFile.Read(path));

    /// <summary>Reads the contents of the file.</summary>
    internal static ClipTokenizer Parse(string path, ReadOnlySpan<byte> contents) => JsonFile.Read(path, contents, "a CLIP tokenizer", root =>
    {
        var model = root.GetProperty("model");
        if (model.Text("type") is { } type && type != "BPE")
        {
            throw new CheckpointFormatException(path, $"the tokenizer's kind is '{type}'; expected BPE.");
        }

        if (model.Text("end_of_word_suffix") is null)
        {
            throw new FormatException("'end_of_word_suffix' is missing; expected </w>, as CLIP's.");
        }

        TokenizerSettings.CheckSteps(root);
        var vocabulary = model.GetProperty("vocab").Deserialize<Dictionary<string, int>>() ?? throw new FormatException("'vocab' is null.");
        var merges = model.GetProperty("merges").EnumerateArray().ToList();
        ClipTokenizer.CheckMerges(path, merges.Count, vocabulary.Keys);
        foreach (var added in root.TryGetProperty("added_tokens", out var list) ? list.EnumerateArray().ToList() : [])
        {
            vocabulary[added.GetProperty("content").GetString()!] = added.GetProperty("id").GetInt32();
        }

        return new ClipTokenizer(vocabulary, [.. merges.Select(m => Merge(path, m, vocabulary))]);
    });

    private static string Merge(string path, JsonElement merge, Dictionary<string, int> vocabulary)
    {
        string[] parts = merge.ValueKind switch
        {
            JsonValueKind.Array => [.. merge.EnumerateArray().Select(p => p.GetString() ?? "")],
            JsonValueKind.String => merge.GetString()!.Split(' '),
            _ => [],
        };
        return parts.Length == 2 && vocabulary.ContainsKey(parts[0]) && vocabulary.ContainsKey(parts[1]) && vocabulary.ContainsKey(string.Concat(parts))
            ? string.Join(' ', parts)
            : throw new CheckpointFormatException(path, $"a merge is {merge.GetRawText()}; expected two tokens of the vocabulary whose union is a token too.");
    }
}
