using System.Text.Json;

namespace ZsMlc.Torch.Clip;

/// <summary>A tokenizer in the header of a stored model; CLIP's own is not stored.</summary>
internal static class StoredTokenizer
{
    private const string VocabularyKey = "tokenizer_vocabulary", MergesKey = "tokenizer_merges";

    public static void Write(IDictionary<string, string> metadata, ClipTokenizer tokenizer)
    {
        if (!ReferenceEquals(tokenizer, ClipTokenizer.Default))
        {
            metadata[VocabularyKey] = JsonSerializer.Serialize(tokenizer.Vocabulary);
            metadata[MergesKey] = JsonSerializer.Serialize(tokenizer.Merges);
        }
    }

    /// <summary>Reads the tokenizer of a text tower.</summary>
    /// <exception cref="JsonException">An entry is not what it should be.</exception>
    /// <exception cref="ArgumentException">The vocabulary is not that of the text tower.</exception>
    public static ClipTokenizer Read(IReadOnlyDictionary<string, string> metadata, ClipTextConfig text)
    {
        var tokenizer = metadata.TryGetValue(VocabularyKey, out var vocabulary)
            ? new(Parse<Dictionary<string, int>>(vocabulary), Parse<List<string>>(metadata.GetValueOrDefault(MergesKey, "[]")))
            : ClipTokenizer.Default;
        return tokenizer.EndId < text.VocabSize && tokenizer.Vocabulary.Values.Min() >= 0
            ? tokenizer
            : throw new ArgumentException($"The tokenizer has ids from {tokenizer.Vocabulary.Values.Min()} to {tokenizer.EndId}, but the text tower knows {text.VocabSize} tokens.");
    }

    private static T Parse<T>(string json) => JsonSerializer.Deserialize<T>(json) ?? throw new JsonException("The tokenizer is null.");
}
