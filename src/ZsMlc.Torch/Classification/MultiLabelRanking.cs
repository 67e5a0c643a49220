namespace ZsMlc.Torch.Classification;

/// <summary>Precision, recall and their harmonic mean, from 0 to 1.</summary>
/// <param name="Precision">TP / (TP + FP); NaN if nothing was predicted.</param>
/// <param name="Recall">TP / positives; NaN if there are no positives.</param>
public readonly record struct PrecisionRecall(double Precision, double Recall)
{
    /// <summary>Gets the harmonic mean; 0 where precision or recall is 0 or undefined.</summary>
    public double F1 => Precision * Recall > 0 ? 2 * Precision * Recall / (Precision + Recall) : 0;

    internal static PrecisionRecall Of(long hits, long predicted, long positives) => new((double)hits / predicted, (double)hits / positives);
}

/// <summary>What predicting labels by thresholds comes to.</summary>
/// <param name="Micro">Precision and recall counted over all entries.</param>
/// <param name="Labels">Precision and recall of every label.</param>
/// <param name="FalsePerRow">Predicted labels that are absent, a row on average; NaN without rows.</param>
public sealed record ThresholdedPredictions(PrecisionRecall Micro, IReadOnlyList<PrecisionRecall> Labels, double FalsePerRow);

/// <summary>
/// Measures of multi-label scores. Scores and targets are row-major matrices [rows, labels]; a target is 1 (present),
/// 0 (absent) or NaN (unknown: the entry is left out). Equal scores keep the order of their rows or labels.
/// </summary>
public static class MultiLabelRanking
{
    /// <summary>Non-interpolated average precision of every label over the rows: the mean precision at its positives, from 0 to 1.</summary>
    /// <param name="scores">[rows · labels].</param>
    /// <param name="targets">[rows · labels].</param>
    /// <param name="labels">Number of labels.</param>
    /// <returns>One value a label; NaN for a label without positives.</returns>
    /// <exception cref="ArgumentException">The sizes do not fit, or a score is NaN.</exception>
    public static double[] AveragePrecision(ReadOnlySpan<float> scores, ReadOnlySpan<float> targets, int labels)
    {
        var rows = Check(scores, targets, labels);
        var result = new double[labels];
        var (s, t) = (new float[rows], new float[rows]);
        for (var c = 0; c < labels; c++)
        {
            for (var r = 0; r < rows; r++)
            {
                (s[r], t[r]) = (scores[r * labels + c], targets[r * labels + c]);
            }

            result[c] = Classification.AveragePrecision.Of(s, t) ?? double.NaN;
        }

        return result;
    }

    /// <summary>Mean of the average precisions of labels that have a positive; NaN if none has.</summary>
    public static double MeanAveragePrecision(IReadOnlyList<double> averagePrecision)
    {
        var defined = averagePrecision.Where(a => !double.IsNaN(a)).ToList();
        return defined.Count == 0 ? double.NaN : defined.Average();
    }

    /// <summary>Precision and recall of the <paramref name="top"/> labels of every row, counted over all rows.</summary>
    /// <param name="scores">[rows · labels].</param>
    /// <param name="targets">[rows · labels].</param>
    /// <param name="labels">Number of labels.</param>
    /// <param name="top">Number K of labels predicted for a row, 1 or more; with fewer known labels, all of them.</param>
    /// <exception cref="ArgumentException">The sizes do not fit, a score is NaN, or K is less than 1.</exception>
    public static PrecisionRecall AtTop(ReadOnlySpan<float> scores, ReadOnlySpan<float> targets, int labels, int top)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        var rows = Check(scores, targets, labels);
        long hits = 0, predicted = 0, positives = 0;
        List<(float Score, int Label, float Target)> known = [];
        for (var r = 0; r < rows; r++)
        {
            known.Clear();
            for (var c = 0; c < labels; c++)
            {
                if (!float.IsNaN(targets[r * labels + c]))
                {
                    known.Add((scores[r * labels + c], c, targets[r * labels + c]));
                }
            }

            known.Sort(static (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Label.CompareTo(b.Label));
            positives += known.Count(k => k.Target > 0);
            predicted += Math.Min(top, known.Count);
            hits += known.Take(top).Count(k => k.Target > 0);
        }

        return PrecisionRecall.Of(hits, predicted, positives);
    }

    /// <summary>Precision and recall of predicting the labels whose score reaches a threshold.</summary>
    /// <param name="scores">[rows · labels].</param>
    /// <param name="targets">[rows · labels].</param>
    /// <param name="labels">Number of labels.</param>
    /// <param name="threshold">Least score of a predicted label.</param>
    /// <returns>The counts over all entries (micro), and one value a label.</returns>
    /// <exception cref="ArgumentException">The sizes do not fit, or a score is NaN.</exception>
    public static (PrecisionRecall Micro, PrecisionRecall[] Labels) AtThreshold(ReadOnlySpan<float> scores, ReadOnlySpan<float> targets, int labels, double threshold)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(labels, 1);
        var predictions = AtThresholds(scores, targets, [.. Enumerable.Repeat(threshold, labels)]);
        return (predictions.Micro, [.. predictions.Labels]);
    }

    /// <summary>Precision, recall and errors of predicting each label where its score reaches a threshold of its own.</summary>
    /// <param name="scores">[rows · labels].</param>
    /// <param name="targets">[rows · labels].</param>
    /// <param name="thresholds">Least score of each label to be predicted; one value a label.</param>
    /// <exception cref="ArgumentException">The sizes do not fit, or a score is NaN.</exception>
    public static ThresholdedPredictions AtThresholds(ReadOnlySpan<float> scores, ReadOnlySpan<float> targets, IReadOnlyList<double> thresholds)
    {
        ArgumentNullException.ThrowIfNull(thresholds);
        var labels = thresholds.Count;
        var rows = Check(scores, targets, labels);
        var counts = new (long Hits, long Predicted, long Positives)[labels];
        for (var i = 0; i < rows * labels; i++)
        {
            if (float.IsNaN(targets[i]))
            {
                continue;
            }

            ref var count = ref counts[i % labels];
            var (present, reached) = (targets[i] > 0, scores[i] >= thresholds[i % labels]);
            count.Hits += present && reached ? 1 : 0;
            count.Predicted += reached ? 1 : 0;
            count.Positives += present ? 1 : 0;
        }

        var (hits, predicted) = (counts.Sum(c => c.Hits), counts.Sum(c => c.Predicted));
        return new(
            PrecisionRecall.Of(hits, predicted, counts.Sum(c => c.Positives)),
            [.. counts.Select(c => PrecisionRecall.Of(c.Hits, c.Predicted, c.Positives))],
            (double)(predicted - hits) / rows);
    }

    private static int Check(ReadOnlySpan<float> scores, ReadOnlySpan<float> targets, int labels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(labels, 1);
        if (scores.Length != targets.Length || scores.Length % labels != 0)
        {
            throw new ArgumentException($"{scores.Length} scores and {targets.Length} targets do not form rows of {labels} labels.");
        }

        for (var i = 0; i < scores.Length; i++)
        {
            if (float.IsNaN(scores[i]))
            {
                throw new ArgumentException($"The score of row {i / labels}, label {i % labels} is not a number.", nameof(scores));
            }
        }

        return scores.Length / labels;
    }
}
