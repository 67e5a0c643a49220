using System.Text.RegularExpressions;

namespace ZsMlc.MLNet.SyntheticData.Prompts.Reading;

/// <summary>Takes a language model's answer apart into candidate sentences: JSON, table, list, numbered line or paragraph.</summary>
internal static partial class AnswerReader
{
    /// <summary>A paragraph of more words is taken apart into its sentences.</summary>
    private const int LongLine = 30;

    /// <summary>A shorter line is taken apart too where each of its sentences has so many blanks.</summary>
    private const int FewestBlanks = 7;

    /// <summary>The candidates, cleaned, in the answer's order.</summary>
    /// <param name="answer">What the model said.</param>
    /// <param name="wasCut">Whether the service ended the answer before the model did; its last sentence is then dropped unless it is whole.</param>
    public static IReadOnlyList<string> Candidates(string answer, bool wasCut = false)
    {
        var text = AnswerMarkup.Remove(OtherTurns.Remove(Thinking.Remove(answer)));
        if (JsonAnswer.Strings(text) is { Count: > 0 } strings)
        {
            return [.. strings.Select(PromptCleaner.Clean).Where(s => s.Length > 0)];
        }

        if (Monologue.Is(text))
        {
            return [];
        }

        var lines = PromptCleaner.Lines(Refolded(text)).SelectMany(Sentences).Select(PromptCleaner.Clean).Where(s => s.Length > 0).ToList();
        if (lines.Count > 0 && !EndsSentence(lines[^1]) && (wasCut || lines.SkipLast(1).Any() && lines.SkipLast(1).All(EndsSentence)))
        {
            lines.RemoveAt(lines.Count - 1);
        }

        return lines;
    }

    /// <summary>Whether a sentence has its end.</summary>
    public static bool EndsSentence(string sentence) => sentence.TrimEnd('"', '”', '’', '\'', ')', '*', ' ') is [.., '.' or '!' or '…' or '?'];

    /// <summary>Rows of a table become lines of their longest cell; several numbered sentences on a line get a line each.</summary>
    private static string Refolded(string text) => string.Join('\n', text.Split('\n').SelectMany(line =>
        TableRow().IsMatch(line) ? Cells(line) : BreakInside().Replace(line, "\n").Split('\n')));

    private static IEnumerable<string> Cells(string row)
    {
        var cells = row.Trim().Trim('|').Split('|').Select(c => c.Trim()).ToList();
        var longest = cells.MaxBy(c => c.Length)!;
        return longest.Count(c => c == ' ') >= 3 ? [longest] : [];
    }

    private static IEnumerable<string> Sentences(string line)
    {
        var words = line.Count(c => c == ' ') + 1;
        var parts = SentenceEnd().Split(line);
        if (words <= LongLine && parts.Any(p => p.Count(c => c == ' ') < FewestBlanks))
        {
            // A short afterthought belongs to its sentence.
            parts = [line];
        }

        return parts.Length == 1 && line.Split(';') is { Length: >= 3 } clauses && clauses.All(c => c.Count(x => x == ' ') >= 5) ? clauses : parts;
    }

    [GeneratedRegex(@"^[^|\n]*\|.*\|?")]
    private static partial Regex TableRow();

    // "…table. 2. A small dog", "…table. • A small dog", "…table." "A small dog", "…table.\nA small dog" with the mark spelt out.
    [GeneratedRegex(@"(?<=[.!?""”])\s+(?=\(?\d{1,2}[.):]\s+\S)|(?<=[.!?""”])\s+[•·/]\s+|(?<=[.!?][""”]),?\s+(?=[""“])|(?<=[a-z]{2}),\s+(?=\(?\d{1,2}[.)]\s+[A-Z])|(?<=[.!?""”])\\n")]
    private static partial Regex BreakInside();

    [GeneratedRegex(@"(?<=[a-z]{2,}[.!?]["")”]?)\s+(?=[""“(]?[A-Z])")]
    private static partial Regex SentenceEnd();
}
