namespace ZsMlc.MLNet.SyntheticData.Prompts.Reading;

/// <summary>How much of a sentence stands in another text.</summary>
internal static class Resemblance
{
    private static readonly HashSet<string> s_small = new(StringComparer.Ordinal)
    {
        "a", "an", "the", "of", "on", "in", "with", "and", "to", "at", "is", "by", "its", "their", "from", "as", "are",
    };

    /// <summary>The words that carry meaning, in lower case.</summary>
    public static HashSet<string> Words(string sentence) => [.. Split(sentence).Where(w => !s_small.Contains(w))];

    /// <summary>Jaccard index of two sets of words: the shared ones among all, 0 to 1.</summary>
    public static double Jaccard(HashSet<string> a, HashSet<string> b)
    {
        var shared = a.Count(b.Contains);
        return a.Count + b.Count == 0 ? 1 : (double)shared / (a.Count + b.Count - shared);
    }

    /// <summary>Runs of four words.</summary>
    public static HashSet<string> Runs(string text)
    {
        var words = Split(text).ToArray();
        return [.. Enumerable.Range(0, Math.Max(0, words.Length - 3)).Select(i => string.Join(' ', words[i..(i + 4)]))];
    }

    private static IEnumerable<string> Split(string text) =>
        text.ToLowerInvariant().Split([' ', ',', '.', ';', ':', '!', '?', '"', '“', '”', '(', ')', '-', '–', '—', '\n', '\r', '\t', '\''], StringSplitOptions.RemoveEmptyEntries);
}
