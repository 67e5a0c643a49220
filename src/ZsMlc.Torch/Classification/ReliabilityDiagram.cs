namespace ZsMlc.Torch.Classification;

/// <summary>Scores that lie close together, and how often they were right.</summary>
/// <param name="Count">Number of scores.</param>
/// <param name="MeanScore">Their mean, from 0 to 1.</param>
/// <param name="PositiveShare">Share of them whose label was present, from 0 to 1.</param>
public readonly record struct ReliabilityBin(int Count, double MeanScore, double PositiveShare);

/// <summary>Whether scores hold as probabilities: of labels that are scored 0.3, three in ten should be present.</summary>
public static class ReliabilityDiagram
{
    /// <summary>Sorts scores into bins of equal width from 0 to 1.</summary>
    /// <param name="scores">Scores from 0 to 1, of any rows and labels.</param>
    /// <param name="targets">As many targets: 1 present, 0 absent, NaN unknown (left out).</param>
    /// <param name="bins">Number of bins, 1 or more. Default 15, the usual number.</param>
    /// <returns>The bins that have a score, from the lowest to the highest.</returns>
    /// <exception cref="ArgumentException">The lengths differ, a score is not from 0 to 1, or there is no bin.</exception>
    public static IReadOnlyList<ReliabilityBin> Bins(ReadOnlySpan<float> scores, ReadOnlySpan<float> targets, int bins = 15)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        if (scores.Length != targets.Length)
        {
            throw new ArgumentException($"There are {scores.Length} scores but {targets.Length} targets.", nameof(targets));
        }

        var sums = new (int Count, double Score, int Positives)[bins];
        for (var i = 0; i < scores.Length; i++)
        {
            if (float.IsNaN(targets[i]))
            {
                continue;
            }

            if (scores[i] is not (>= 0 and <= 1))
            {
                throw new ArgumentException($"Score {i} is {scores[i]}; expected a probability from 0 to 1.", nameof(scores));
            }

            ref var sum = ref sums[Math.Min((int)(scores[i] * bins), bins - 1)];
            sum = (sum.Count + 1, sum.Score + scores[i], sum.Positives + (targets[i] > 0 ? 1 : 0));
        }

        return [.. sums.Where(s => s.Count > 0).Select(s => new ReliabilityBin(s.Count, s.Score / s.Count, (double)s.Positives / s.Count))];
    }

    /// <summary>
    /// Expected calibration error: the mean distance of score and share over the bins, weighted by their counts (Naeini et
    /// al., "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015), from 0 to 1.
    /// </summary>
    /// <returns>NaN where there are no bins.</returns>
    public static double ExpectedCalibrationError(IReadOnlyList<ReliabilityBin> bins)
    {
        ArgumentNullException.ThrowIfNull(bins);
        return bins.Sum(b => b.Count * Math.Abs(b.MeanScore - b.PositiveShare)) / bins.Sum(b => b.Count);
    }
}
