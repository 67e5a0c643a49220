namespace ZsMlc.MLNet.SyntheticData.Prompts.Words;

/// <summary>Pieces of grammars in llama.cpp's notation.</summary>
internal static class Gbnf
{
    /// <summary>A text that must come as it is.</summary>
    public static string Quoted(string text) => $"\"{text.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    /// <summary>One of some words, with a blank in front.</summary>
    public static string AnyOf(IEnumerable<string> words) => $"({string.Join(" | ", words.Select(word => Quoted(" " + word)))})";
}
