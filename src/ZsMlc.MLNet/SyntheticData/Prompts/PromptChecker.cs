namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>Why a candidate line was turned down.</summary>
internal enum PromptFault
{
    /// <summary>The line is usable.</summary>
    None,

    /// <summary>Fewer words than wanted.</summary>
    TooShort,

    /// <summary>More words than the text encoder reads.</summary>
    TooLong,

    /// <summary>Speech of the assistant, a heading, markup: no description of a picture.</summary>
    NotADescription,

    /// <summary>A label of the set is not named.</summary>
    LabelMissing,

    /// <summary>The same sentence came before.</summary>
    Duplicate,
}

/// <summary>Checks cleaned lines one after another and remembers them, so that none passes twice.</summary>
internal sealed class PromptChecker(IReadOnlyList<string> labels, LabelNames names, int minimumWords, int maximumWords = 60)
{
    private static readonly string[] AssistantSpeech =
    [
        "of course", "certainly", "sure,", "sure!", "sure thing", "here are", "here is", "here's", "i hope", "let me know", "i'm sorry", "i am sorry", "sorry,", "as an ai",
        "i cannot", "i can't", "note:", "note that", "please ", "feel free", "these phrases", "these prompts", "these sentences", "thank you", "you're welcome",
    ];

    private readonly HashSet<string> seen = new(StringComparer.OrdinalIgnoreCase);

    public PromptFault Check(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
        return IsNoDescription(line) ? PromptFault.NotADescription
            : words > maximumWords ? PromptFault.TooLong
            : LabelMatcher.Missing(line, labels, names).Count > 0 ? PromptFault.LabelMissing
            : words < minimumWords ? PromptFault.TooShort
            : !seen.Add(line.TrimEnd('.', '!', ' ')) ? PromptFault.Duplicate
            : PromptFault.None;
    }

    private static bool IsNoDescription(string line) =>
        line.EndsWith(':') || line.EndsWith('?')
        || line.Contains('<') || line.Contains('{') || line.Contains("http", StringComparison.OrdinalIgnoreCase)
        || line.Count(c => char.IsLetter(c) || c == ' ') < line.Length * 0.8
        || AssistantSpeech.Any(start => line.StartsWith(start, StringComparison.OrdinalIgnoreCase));
}
