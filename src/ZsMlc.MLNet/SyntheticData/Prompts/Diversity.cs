namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>Standard measures of how much sentences differ from each other.</summary>
internal static class Diversity
{
    private const int LongestRun = 4;

    /// <summary>Words in lower case, without punctuation.</summary>
    public static string[] Tokens(string sentence) =>
        [.. sentence.ToLowerInvariant().Split([' ', ',', '.', ';', ':', '!', '?', '"', '“', '”', '(', ')'], StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>Different pairs of adjacent words among all of them, 0 to 1; 1 for sentences of one word.</summary>
    public static double Distinct2(IReadOnlyList<string[]> sentences)
    {
        var pairs = sentences.SelectMany(s => Runs(s, 2)).ToList();
        return pairs.Count == 0 ? 1 : pairs.Distinct().Count() / (double)pairs.Count;
    }

    /// <summary>BLEU of each sentence against all others, averaged, 0 to 1; 0 for a single sentence.</summary>
    public static double SelfBleu(IReadOnlyList<string[]> sentences) =>
        sentences.Count < 2 ? 0 : sentences.Select((sentence, i) => Bleu(sentence, [.. sentences.Where((_, j) => j != i)])).Average();

    /// <summary>
    /// BLEU (Papineni et al., 2002): the geometric mean of the clipped precisions of runs of 1 to 4 words times the penalty for
    /// brevity; a precision of nothing counts as 0.1 of a run (Chen and Cherry, 2014, first smoothing).
    /// </summary>
    public static double Bleu(string[] candidate, IReadOnlyList<string[]> references)
    {
        if (candidate.Length == 0)
        {
            return 0;
        }

        var longest = Math.Min(LongestRun, candidate.Length);
        var logarithms = Enumerable.Range(1, longest).Sum(n => Math.Log(Precision(candidate, references, n)));
        var closest = references.MinBy(r => (Math.Abs(r.Length - candidate.Length), r.Length))!.Length;
        var brevity = candidate.Length >= closest ? 1 : Math.Exp(1 - closest / (double)candidate.Length);
        return brevity * Math.Exp(logarithms / longest);
    }

    private static double Precision(string[] candidate, IReadOnlyList<string[]> references, int length)
    {
        var known = references.Select(r => Counts(r, length)).ToList();
        var counts = Counts(candidate, length);
        var matched = counts.Sum(run => Math.Min(run.Value, known.Max(k => k.GetValueOrDefault(run.Key))));
        return Math.Max(matched, 0.1) / counts.Values.Sum();
    }

    private static Dictionary<string, int> Counts(string[] words, int length) => Runs(words, length).GroupBy(r => r).ToDictionary(g => g.Key, g => g.Count());

    private static IEnumerable<string> Runs(string[] words, int length) =>
        Enumerable.Range(0, Math.Max(0, words.Length - length + 1)).Select(i => string.Join(' ', words, i, length));
}
