namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>How good and how diverse the prompts of a source are.</summary>
/// <param name="Sets">Label sets.</param>
/// <param name="Lines">Prompts of all sets.</param>
/// <param name="PassRate">Share of the prompts that are usable: descriptions that name every label and did not come before in their set, 0 to 1.</param>
/// <param name="NamingEveryLabel">Share of the prompts that name every label of their set, 0 to 1.</param>
/// <param name="MeanWords">Words a prompt.</param>
/// <param name="Distinct2">
/// Different pairs of adjacent words among all such pairs of a set, averaged over the sets, 0 to 1 (Li et al., "A Diversity-Promoting Objective
/// Function for Neural Conversation Models", 2016). Higher is more diverse; comparable between sources with equally many prompts a set.
/// </param>
/// <param name="SelfBleu">
/// BLEU of up to four words of each prompt against the others of its set, averaged, 0 to 1 (Zhu et al., "Texygen", 2018). Lower is more diverse;
/// comparable as <paramref name="Distinct2"/> is.
/// </param>
public sealed record PromptStatistics(int Sets, int Lines, double PassRate, double NamingEveryLabel, double MeanWords, double Distinct2, double SelfBleu)
{
    /// <summary>Measures prompts.</summary>
    /// <param name="sets">The label sets, each with its prompts; sets without prompts are left out.</param>
    /// <param name="names">Other names of labels that count as naming them.</param>
    /// <exception cref="ArgumentException">There is no prompt.</exception>
    public static PromptStatistics Of(IEnumerable<(IReadOnlyList<string> Labels, IReadOnlyList<string> Prompts)> sets, LabelNames names)
    {
        ArgumentNullException.ThrowIfNull(sets);
        ArgumentNullException.ThrowIfNull(names);
        var all = sets.Where(set => set.Prompts.Count > 0).ToList();
        var lines = all.Sum(set => set.Prompts.Count);
        if (lines == 0)
        {
            throw new ArgumentException("There are no prompts to measure.", nameof(sets));
        }

        var passed = all.Sum(set => new PromptChecker(set.Labels, names, minimumWords: 1) is var checker ? set.Prompts.Count(p => checker.Check(p) == PromptFault.None) : 0);
        var naming = all.Sum(set => set.Prompts.Count(p => LabelMatcher.Missing(p, set.Labels, names).Count == 0));
        var tokens = all.Select(set => set.Prompts.Select(Diversity.Tokens).ToList()).ToList();
        return new(
            all.Count, lines, passed / (double)lines, naming / (double)lines,
            tokens.Sum(set => set.Sum(line => line.Length)) / (double)lines,
            tokens.Average(Diversity.Distinct2),
            tokens.Average(Diversity.SelfBleu));
    }
}
