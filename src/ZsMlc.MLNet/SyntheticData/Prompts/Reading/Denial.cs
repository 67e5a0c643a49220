using System.Text.RegularExpressions;

namespace ZsMlc.MLNet.SyntheticData.Prompts.Reading;

/// <summary>Tells sentences that name a label only to say that it is not there, or perhaps not.</summary>
internal static class Denial
{
    /// <summary>Whether a sentence denies one of the labels, or offers it as a choice.</summary>
    public static bool Is(string sentence, IReadOnlyList<string> labels) => labels.Any(label => IsOf(sentence, Regex.Escape(label)));

    private static bool IsOf(string sentence, string label) => Regex.IsMatch(
        sentence,
        $@"\b(?:no|not|neither|nor|either|without|instead of|lacks?|or)(?: (?:a|an|any|the|single))* {label}s?\b|\b{label}s? or (?:a|an|the|some) |\b{label}s? (?:is|are) (?:not|missing|absent|nowhere)\b|\b{label}-free\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
}
