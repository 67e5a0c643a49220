using System.Text;
using System.Text.RegularExpressions;

namespace ZsMlc.MLNet.SyntheticData.Prompts.Reading;

/// <summary>Turns what a language model answered, or a file holds, into candidate lines: no numbering, quotes, markup, blank lines.</summary>
internal static partial class PromptCleaner
{
    /// <summary>The candidate lines. Where an answer numbers its lines or has bullets, the others are talk around the list and are left out.</summary>
    public static IReadOnlyList<string> Lines(string answer)
    {
        var lines = answer.Split(['\n', '\r', '\u2028', '\u2029'], StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Trim())
            .Where(line => line.Length > 0 && !line.StartsWith("```", StringComparison.Ordinal) && !Heading().IsMatch(line))
            .ToList();
        var numbered = lines.Where(line => Numbering().IsMatch(line)).ToList();
        var bulleted = lines.Where(line => ListItem().IsMatch(line)).ToList();
        var listed = numbered.Count >= 2 ? numbered : bulleted.Count >= 2 ? bulleted : lines;
        return [.. listed.Select(Clean).Where(line => line.Length > 0)];
    }

    /// <summary>One line without numbering, bullet, title, quotes, markup and word count.</summary>
    public static string Clean(string line)
    {
        var text = Numbering().Replace(line, "");
        text = Bullet().Replace(text, "");
        text = Title().Replace(text, "");
        text = text.Replace("**", "").Replace("__", "").Replace("`", "");
        text = Spaces().Replace(WithoutControls(text), " ").Trim();
        text = WordCount().Replace(TrailingComma().Replace(text, "$1"), "");
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

    [GeneratedRegex(@"^[""'\[\s]*\(?\d{1,3}\s*[.):\]-]\s+")]
    private static partial Regex Numbering();

    [GeneratedRegex(@"^\s*([-*•–—#>]+|\([a-zA-Z]\)|[a-zA-Z]\))\s+")]
    private static partial Regex Bullet();

    [GeneratedRegex(@"^\s*([-*•–—]+|\([a-zA-Z]\)|[a-zA-Z]\))\s+")]
    private static partial Regex ListItem();

    [GeneratedRegex(@"^#{1,6}\s+\D")]
    private static partial Regex Heading();

    // "Caption 1:", "**At the beach:**", "Photo #2 –".
    [GeneratedRegex(@"^[\s*_]*(?:(?:captions?|descriptions?|prompts?|images?|pictures?|photos?|photographs?|sentences?|scenes?|options?|examples?|variations?|versions?|ideas?|answers?|outputs?)\s*(?:no\.?|number|#)?\s*\d{0,3}\s*[*_]*\s*[:–—][\s*_]*|(?:captions?|descriptions?|prompts?|images?|photos?|sentences?|scenes?|options?|examples?)\s*#?\d{1,3}[*_]*\s*[.)\-]\s+|\*\*[^*:]{1,40}(?::\s*\*\*|\*\*\s*[:–—-])\s*)", RegexOptions.IgnoreCase)]
    private static partial Regex Title();

    [GeneratedRegex(@"\s*[\[(]\s*(?:word count:?\s*)?\d+(?:\s*words?)?\s*[\])]\s*$|\s+[–—-]\s+\d+\s+words?\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex WordCount();

    [GeneratedRegex(@"([""”'])\s*[,;]$")]
    private static partial Regex TrailingComma();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
