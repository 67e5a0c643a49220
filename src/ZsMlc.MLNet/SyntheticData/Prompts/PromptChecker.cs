using ZsMlc.MLNet.SyntheticData.Prompts.Reading;

namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>Checks cleaned lines one after another and remembers them, so that none passes twice.</summary>
/// <param name="labels">The labels that a line must name.</param>
/// <param name="names">Other names of labels.</param>
/// <param name="minimumWords">Fewest words of a line.</param>
/// <param name="maximumWords">Most words of a line.</param>
/// <param name="question">What the model was told, of which no line may be an echo; null for lines that no one asked for.</param>
internal sealed class PromptChecker(IReadOnlyList<string> labels, LabelNames names, int minimumWords, int maximumWords = 60, string? question = null)
{
    /// <summary>A line with this share of its runs of four words from the question repeats it.</summary>
    private const double EchoShare = 0.4;

    /// <summary>Two lines that share this much of their words are one: an adjective or a place exchanged leaves less.</summary>
    private const double NearShare = 0.85;

    // No sentence ends in one of the first; without its full stop, in none of the others either ("watching the world go by.").
    private static readonly HashSet<string> s_never = new(StringComparer.OrdinalIgnoreCase) { "a", "an", "the", "and", "or", "of", "its", "their", "while", "very" };
    private static readonly HashSet<string> s_open = new(StringComparer.OrdinalIgnoreCase)
    {
        "with", "in", "on", "at", "to", "by", "for", "from", "next", "near", "as", "under", "into", "is", "are",
    };

    private readonly HashSet<string> seen = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<HashSet<string>> accepted = [];
    private readonly HashSet<string> asked = question is null ? [] : Resemblance.Runs(question);

    public PromptFault Check(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var fault = AnswerSpeech.IsRefusal(line) ? PromptFault.Refusal
            : AnswerSpeech.IsInstruction(line) || IsEcho(line) ? PromptFault.Echo
            : AnswerSpeech.IsMetaTalk(line) ? PromptFault.MetaTalk
            : question is not null && AnswerSpeech.HasSpeaker(line) ? PromptFault.MetaTalk
            : words.Length > maximumWords ? PromptFault.TooLong
            : AnswerSpeech.IsNoSentence(line) || Denial.Is(line, labels) ? PromptFault.NotADescription
            : LabelMatcher.Missing(line, labels, names).Count > 0 ? PromptFault.LabelMissing
            : words.Length < minimumWords ? PromptFault.TooShort
            : !EnglishText.Is(line) ? PromptFault.NotEnglish
            : IsUnfinished(words) ? PromptFault.Unfinished
            : !seen.Add(line.TrimEnd('.', '!', ' ')) ? PromptFault.Duplicate
            : PromptFault.None;
        if (fault != PromptFault.None)
        {
            return fault;
        }

        var content = Resemblance.Words(line);
        if (question is not null && accepted.Any(a => Resemblance.Jaccard(a, content) >= NearShare))
        {
            return PromptFault.NearDuplicate;
        }

        accepted.Add(content);
        return PromptFault.None;
    }

    private bool IsEcho(string line)
    {
        var runs = Resemblance.Runs(line);
        return asked.Count > 0 && runs.Count > 0 && runs.Count(asked.Contains) >= EchoShare * runs.Count;
    }

    private static bool IsUnfinished(string[] words) =>
        words[^1] is [.., ',' or ';' or '-' or '–' or '—' or '&'] || words[^1].EndsWith("...", StringComparison.Ordinal) || s_open.Contains(words[^1]) || s_never.Contains(words[^1].TrimEnd('.', '!'));
}
