using System.Text.RegularExpressions;

namespace ZsMlc.MLNet.SyntheticData.Prompts.Reading;

/// <summary>Tells thinking aloud, without any mark, from an answer: what it holds are drafts, and nothing says where they end.</summary>
internal static partial class Monologue
{
    /// <summary>One such line may be talk in front of an answer.</summary>
    private const int Fewest = 2;

    /// <summary>Whether an answer thinks aloud.</summary>
    public static bool Is(string answer) => Thought().Count(answer) >= Fewest;

    [GeneratedRegex(@"^\W*(?:(?:okay|ok|alright|hmm+|wait|so|now|well|first|next|let me|also|but|maybe)\b[,.\s]+)*(?:(?:we|i) (?:need|have|should|must|want|could|can|might|will|are asked|am asked)\b|(?:we|i)(?:'|’)(?:ll|re|m)\b|let(?:'|’)s\b|let me\b|the user (?:wants|asks|asked|said)\b|draft \d|check\b|word count|hmm|wait\b|scratch that|on second thought|that(?:'|’)s \d+ words|count(?:ing)?:)", RegexOptions.IgnoreCase | RegexOptions.Multiline)]
    private static partial Regex Thought();
}
