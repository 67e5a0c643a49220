using System.Text;
using System.Text.RegularExpressions;

namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>Turns what a language model answered, or a file holds, into candidate lines: no numbering, quotes, markup, blank lines.</summary>
internal static partial class PromptCleaner
{
    /// <summary>The candidate lines. Where an answer numbers its lines, the others are talk around the list and are left out.</summary>
    public static IReadOnlyList<string> Lines(string answer)
    {
        var text = Thoughts().Replace(answer, "\n");
        var lines = text.Split(['\n', '\r', '\u2028', '\u2029'], StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Trim())
            .Where(line => line.Length > 0 && !line.StartsWith("```", StringComparison.Ordinal))
            .ToList();
        var numbered = lines.Where(line => Numbering().IsMatch(line)).ToList();
        return [.. (numbered.Count >= 2 ? numbered : lines).Select(Clean).Where(line => line.Length > 0)];
    }

    private static string Clean(string line)
    {
        var text = Numbering().Replace(line, "");
        text = Bullet().Replace(text, "");
        text = text.Replace("**", "").Replace("__", "").Replace("`", "");
        text = Spaces().Replace(WithoutControls(text), " ").Trim();
        text = TrailingComma().Replace(text, "$1");
        while (text.Length > 1 && IsQuote(text[0]) && (IsQuote(text[^1]) || text[1..].IndexOfAny(Quotes) < 0))
        {
            text = text[1..(IsQuote(text[^1]) ? ^1 : ^0)].Trim();
        }

        return text;
    }

    private static readonly char[] Quotes = ['"', '“', '”', '„', '«', '»', '\''];

    private static bool IsQuote(char c) => Array.IndexOf(Quotes, c) >= 0;

    private static string WithoutControls(string text)
    {
        var kept = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            kept.Append(char.IsControl(c) || c is '\uFEFF' or '\u200B' ? ' ' : c);
        }

        return kept.ToString();
    }

    [GeneratedRegex(@"<think>.*?(</think>|$)", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex Thoughts();

    [GeneratedRegex(@"^[""'\[\s]*\(?\d{1,3}\s*[.):\]-]\s+")]
    private static partial Regex Numbering();

    [GeneratedRegex(@"^\s*([-*•–—#>]+|\([a-zA-Z]\)|[a-zA-Z]\))\s+")]
    private static partial Regex Bullet();

    [GeneratedRegex(@"([""”'])\s*[,;]$")]
    private static partial Regex TrailingComma();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
