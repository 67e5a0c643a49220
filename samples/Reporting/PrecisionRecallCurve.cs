namespace ZsMlc.Samples.Reporting;

/// <summary>Turns scores and truths into the points of a precision-recall curve.</summary>
public static class PrecisionRecallCurve
{
    /// <summary>Recall and precision, 0 to 1, after each distinct score from the highest down until every positive is found; thinned to at most 200 points.</summary>
    /// <returns>No points when there is no positive.</returns>
    public static IReadOnlyList<ChartPoint> Of(IReadOnlyList<float> scores, IReadOnlyList<bool> truth)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(truth);
        if (scores.Count != truth.Count)
        {
            throw new ArgumentException($"There are {scores.Count} scores but {truth.Count} truths.", nameof(truth));
        }

        var positives = truth.Count(t => t);
        if (positives == 0)
        {
            return [];
        }

        var order = Enumerable.Range(0, scores.Count).OrderByDescending(i => scores[i]).ToArray();
        var points = new List<ChartPoint>();
        var found = 0;
        for (var rank = 0; rank < order.Length; rank++)
        {
            found += truth[order[rank]] ? 1 : 0;

            // Equal scores are one decision: only the last of them is a point of the curve.
            if (rank + 1 < order.Length && scores[order[rank + 1]] == scores[order[rank]])
            {
                continue;
            }

            points.Add(new((double)found / positives, (double)found / (rank + 1)));
            if (found == positives)
            {
                break;
            }
        }

        var stride = (points.Count + 199) / 200;
        return [new(0, points[0].Y), .. points.Where((_, i) => i % stride == 0 || i == points.Count - 1)];
    }
}
