using System.Globalization;
using ZsMlc.MLNet.SyntheticData;

namespace ZsMlc.Samples.Reporting.Comparison;

/// <summary>The parts of a report that show what was generated and what the judge said about it.</summary>
public static class GenerationSections
{
    /// <summary>How many pictures were made for each unseen label, and how many of them were accepted.</summary>
    public static IReadOnlyList<LabelAcceptance> Acceptance(IReadOnlyList<SyntheticSample> samples, IReadOnlyList<string> labels) =>
        [.. labels.Select(l => samples.Where(s => s.Labels.Contains(l)).ToList()).Select((made, i) => new LabelAcceptance(labels[i], made.Count(s => s.IsAccepted), made.Count))];

    /// <summary>Some of the pictures that are still there, spread evenly over all, with the judge's scores.</summary>
    /// <param name="samples">All attempts.</param>
    /// <param name="threshold">The least score of a wanted label.</param>
    /// <param name="accepted">The most accepted pictures.</param>
    /// <param name="rejected">The most rejected ones.</param>
    public static IReadOnlyList<GeneratedPicture> Pictures(IReadOnlyList<SyntheticSample> samples, double threshold, int accepted = 24, int rejected = 12)
    {
        var kept = samples.Where(s => s.ImagePath is not null).ToLookup(s => s.IsAccepted);
        return [.. Spread([.. kept[true]], accepted).Concat(Spread([.. kept[false]], rejected)).Select(s => Picture(s, threshold))];
    }

    private static IEnumerable<SyntheticSample> Spread(IReadOnlyList<SyntheticSample> samples, int count) =>
        Enumerable.Range(0, Math.Min(count, samples.Count)).Select(i => samples[(int)((long)i * samples.Count / Math.Min(count, samples.Count))]);

    private static GeneratedPicture Picture(SyntheticSample sample, double threshold)
    {
        var targets = sample.Labels.Select(l => new LabelScore(l, sample.Scores.GetValueOrDefault(l))).ToList();
        var picture = Thumbnail.Read(sample.ImagePath!, $"Generated picture of {string.Join(" and ", sample.Labels)}");
        return new(picture, sample.Prompt, targets, sample.IsAccepted, threshold, sample.IsAccepted ? "" : Reason(sample, targets, threshold));
    }

    private static string Reason(SyntheticSample sample, IReadOnlyList<LabelScore> targets, double threshold)
    {
        var weak = targets.Where(t => t.Score <= threshold).Select(t => t.Label).ToList();
        if (weak.Count > 0)
        {
            return $"{string.Join(" and ", weak)}: not over {threshold.ToString("0.##", CultureInfo.InvariantCulture)}.";
        }

        var other = sample.Scores.Where(s => !sample.Labels.Contains(s.Key)).MaxBy(s => s.Value);
        return $"{other.Key}, which was not asked for, is among the highest.";
    }
}
