namespace ZsMlc.Torch.Classification.Calibration;

/// <summary>The threshold of the best F1.</summary>
internal static class BestThreshold
{
    /// <summary>Finds it halfway between the lowest predicted score and the next one below.</summary>
    /// <param name="rows">Scores from 0 to 1, and whether the label was present; one of them at least was.</param>
    public static double Of(IEnumerable<(double Score, bool Present)> rows)
    {
        var ranked = rows.ToList();
        ranked.Sort(static (a, b) => b.Score.CompareTo(a.Score));
        var positives = ranked.Count(r => r.Present);
        var (best, threshold, hits) = (-1.0, 1.0, 0);
        for (var i = 0; i < ranked.Count; i++)
        {
            hits += ranked[i].Present ? 1 : 0;
            var next = i + 1 < ranked.Count ? ranked[i + 1].Score : 0;
            var f1 = 2.0 * hits / (i + 1 + positives);
            if (next < ranked[i].Score && f1 > best)
            {
                (best, threshold) = (f1, (ranked[i].Score + next) / 2);
            }
        }

        return threshold;
    }
}
