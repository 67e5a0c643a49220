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
        var listed = numbered.Count >= 2 && !AreTitles(numbered) ? numbered : bulleted.Count >= 2 ? bulleted : lines;
        return [.. listed.Select(Clean).Where(line => line.Length > 0)];
    }

    // "1. **Kitchen**" above the sentence itself.
    private static bool AreTitles(List<string> numbered) => numbered.All(line => line.Count(c => c == ' ') < 6 && !AnswerReader.EndsSentence(line));

    /// <summary>One line without numbering, bullet, title, quotes, markup and word count.</summary>
    public static string Clean(string line)
    {
        var text = Numbering().Replace(line, "");
        text = Bullet().Replace(text, "");
        text = Title().Replace(text, "");
        text = Underlining().Replace(text.Replace("**", "").Replace("`", ""), "");
        text = Spaces().Replace(WithoutControls(text), " ").Trim();
        text = Remark().Replace(WordCount().Replace(TrailingComma().Replace(text, "$1"), ""), "$1");
        text = Pictogram().Replace(text, "");
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
            if (c is not ('\uFEFF' or (>= '\u200B' and <= '\u200D') or '\u2060' or '\u00AD'))
            {
                kept.Append(char.IsControl(c) ? ' ' : c);
            }
        }

        return kept.ToString();
    }

    [GeneratedRegex(@"^[""'\[\s]*\(?\d{1,3}\s*[.):\]-]\s+|^\s*#\d{1,3}[.:)]?\s+|^\s*(?:i{1,3}|iv|vi{0,3}|ix|x)[.)]\s+", RegexOptions.IgnoreCase)]
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

    [GeneratedRegex(@"\s*[\[(]\s*(?:word count:?\s*)?\d+(?:\s*words?)?\s*[\])]\s*$|\s+(?:[–—-]|->|→)\s+\d+\s+words?\b.*$", RegexOptions.IgnoreCase)]
    private static partial Regex WordCount();

    [GeneratedRegex(@"([""”'])\s*[,;]$")]
    private static partial Regex TrailingComma();

    // "A dog. (Garden, morning light)".
    [GeneratedRegex(@"([.!?])\s*(?:\([^()]{1,60}\)|\[[^\[\]]{1,60}\])$")]
    private static partial Regex Remark();

    // Emoji and other signs around a sentence.
    [GeneratedRegex(@"^(?:[\p{So}\p{Cs}\uFE0F\u20E3\u200D]\s*)+|\s*[\p{So}\p{Cs}\uFE0F\u200D\s]+$|^\d{1,2}\uFE0F?\u20E3\s*")]
    private static partial Regex Pictogram();

    // A gap to be filled in ("____") stays, to be seen as one.
    [GeneratedRegex(@"(?<!_)__(?!_)")]
    private static partial Regex Underlining();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
