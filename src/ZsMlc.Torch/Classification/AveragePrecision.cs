namespace ZsMlc.Torch.Classification;

/// <summary>Non-interpolated average precision.</summary>
public static class AveragePrecision
{
    /// <summary>
    /// Average precision of one label: the mean, over its positives, of the precision at each positive's rank. Rows are
    /// ranked by falling score; equal scores keep their order.
    /// </summary>
    /// <param name="scores">Scores of the rows.</param>
    /// <param name="targets">1 present, 0 absent, NaN unknown (the row is left out).</param>
    /// <returns>0 to 1, or <see langword="null"/> when no row is positive.</returns>
    public static double? Of(IReadOnlyList<float> scores, IReadOnlyList<float> targets)
    {
        if (scores.Count != targets.Count)
        {
            throw new ArgumentException($"There are {scores.Count} scores but {targets.Count} targets.", nameof(targets));
        }

        var ranked = Enumerable.Range(0, scores.Count).Where(i => !float.IsNaN(targets[i])).OrderByDescending(i => scores[i]);
        double sum = 0;
        int rank = 0, positives = 0;
        foreach (var row in ranked)
        {
            rank++;
            if (targets[row] > 0)
            {
                positives++;
                sum += (double)positives / rank;
            }
        }

        return positives == 0 ? null : sum / positives;
    }

    /// <summary>Mean over the labels that have a positive.</summary>
    /// <param name="scores">Scores [rows, labels].</param>
    /// <param name="targets">Targets [rows, labels]: 1, 0 or NaN.</param>
    /// <returns>0 to 1; NaN when no label has a positive.</returns>
    public static double Mean(float[,] scores, float[,] targets)
    {
        List<double> values = [];
        var rows = scores.GetLength(0);
        for (var c = 0; c < scores.GetLength(1); c++)
        {
            var (s, t) = (new float[rows], new float[rows]);
            for (var r = 0; r < rows; r++)
            {
                (s[r], t[r]) = (scores[r, c], targets[r, c]);
            }

            if (Of(s, t) is { } value)
            {
                values.Add(value);
            }
        }

        return values.Count == 0 ? double.NaN : values.Average();
    }
}
