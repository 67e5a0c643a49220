using System.Text.RegularExpressions;

namespace ZsMlc.MLNet.SyntheticData.Prompts.Reading;

/// <summary>Takes the marks of HTML, XML, LaTeX, YAML and wrapped lines out of an answer, so that lines of sentences are left.</summary>
internal static partial class AnswerMarkup
{
    /// <summary>The answer without marks; nothing of a web page, which no model wrote.</summary>
    public static string Remove(string answer)
    {
        if (Page().IsMatch(answer))
        {
            return "";
        }

        var text = answer;
        if (Answer().Match(text) is { Success: true } framed)
        {
            text = framed.Groups[1].Value;
        }

        text = Tag().Replace(Token().Replace(text, "\n"), "\n");
        var repeated = AnyTag().Matches(text).GroupBy(m => m.Groups[1].Value).Where(g => g.Count() >= 4).Select(g => g.Key).ToHashSet();
        text = AnyTag().Replace(text, m => repeated.Contains(m.Groups[1].Value) ? "\n" : m.Value);
        text = Item().Replace(Environments().Replace(text, "\n"), "");
        if (FootnoteMark().IsMatch(text))
        {
            text = Footnote().Replace(FootnoteMark().Replace(text, ""), "");
        }

        return Wrapped().Replace(text, " ");
    }

    [GeneratedRegex(@"^\s*<(?:!doctype|html|head|body)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Page();

    // Only what stands in the frame is the answer.
    [GeneratedRegex(@"<(?:answer|final_answer|output|response)>(.*?)(?:</(?:answer|final_answer|output|response)>|\z)", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Answer();

    [GeneratedRegex(@"</?(?:answers?|final_answer|output|response|solution|results?|captions?|descriptions?|sentences?|prompts?|items?|texts?|list|ul|ol|li|p|br|b|i|em|strong|span|div)\b[^<>\n]{0,60}>", RegexOptions.IgnoreCase)]
    private static partial Regex Tag();

    // A list of elements with a name of the model's own.
    [GeneratedRegex(@"</?([a-z][\w-]*)(?:\s[^<>\n]{0,60})?>(?=[^<>\n]*<|\s*$)", RegexOptions.IgnoreCase | RegexOptions.Multiline)]
    private static partial Regex AnyTag();

    [GeneratedRegex(@"\\(?:begin|end)\{\w+\}")]
    private static partial Regex Environments();

    // Marks of a chat template that a server let through.
    [GeneratedRegex(@"<\|[a-z0-9_/]+\|>|</?s>|\[/?INST\]|<(?:start|end)_of_turn>(?:model|user)?", RegexOptions.IgnoreCase)]
    private static partial Regex Token();

    // LaTeX's items, YAML's "- text:" and the head of a row of comma-separated values.
    [GeneratedRegex(@"^[ \t]*(?:\\item\s+|-\s*(?:text|caption|description|sentence|prompt)\s*:\s*|\d{1,3}\s*,\s*(?=""))", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex Item();

    [GeneratedRegex(@"(?<=[.!?])\[\d{1,2}\](?=\s|$)")]
    private static partial Regex FootnoteMark();

    [GeneratedRegex(@"^[ \t]*\[\d{1,2}\].*$", RegexOptions.Multiline)]
    private static partial Regex Footnote();

    // A sentence that begins with a capital goes on in a line that does not.
    [GeneratedRegex(@"(?<=^[ \t]*[A-Z][^\n]*[a-z,])\r?\n(?=[a-z])", RegexOptions.Multiline)]
    private static partial Regex Wrapped();
}
