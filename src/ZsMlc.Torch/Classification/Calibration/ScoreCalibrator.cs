namespace ZsMlc.Torch.Classification.Calibration;

/// <summary>Fits a calibration to real rows that were not trained on. They annotate the seen labels; the others lend theirs.</summary>
internal static class ScoreCalibrator
{
    // How far the offsets of labels lie apart: with few rows of a label, its own is drawn to the common one. Chosen by
    // cross-validation on the micro world's validation pictures.
    private const double OffsetDeviation = 0.25;

    /// <summary>
    /// Scale and offset by the rows of all annotated labels, and an addend for each of them; the threshold of the best F1
    /// over them. Labels that no row annotates have the common scale and offset, moved to their expected share, and a
    /// threshold that no greater share of the rows reaches.
    /// </summary>
    /// <param name="differences">Logit differences z⁺ − z⁻, [rows, labels].</param>
    /// <param name="targets">1 present, 0 absent, NaN unknown, [rows, labels].</param>
    /// <param name="options">What is expected.</param>
    /// <returns><see langword="null"/> where no row has a label, or none lacks one.</returns>
    public static ScoreCalibration? Fit(float[,] differences, float[,] targets, CalibrationOptions options)
    {
        var known = Enumerable.Range(0, differences.GetLength(1)).Select(c => Known(differences, targets, c)).ToList();
        var all = known.SelectMany(rows => rows).ToList();
        var share = (double)all.Count(r => r.Present) / all.Count;
        if (share is not (> 0 and < 1))
        {
            return null;
        }

        var (scale, offset) = PlattScaling.Fit(all);
        var annotated = known.Select(rows => new LabelCalibration(scale, offset + PlattScaling.Offset(rows.Select(r => (scale * r.Z + offset, r.Present)), OffsetDeviation), 0)).ToList();
        var threshold = BestThreshold.Of(known.SelectMany((rows, c) => rows.Select(r => (annotated[c].Probability(r.Z), r.Present))));

        var expected = options.ExpectedPrevalence ?? share;
        var others = new LabelCalibration(scale, offset + PlattScaling.Logit(expected) - PlattScaling.Logit(share), threshold);
        return new(
            [.. known.Select((rows, c) => rows.Count > 0 ? annotated[c] with { Threshold = threshold } : Bounded(others, Column(differences, c), expected))],
            others);
    }

    /// <summary>Raises the threshold until no greater share of the rows reaches it than is expected. With so few rows that one would be too many, they tell nothing.</summary>
    private static LabelCalibration Bounded(LabelCalibration label, IEnumerable<float> differences, double share)
    {
        var scores = differences.Select(z => label.Probability(z)).OrderDescending().ToList();
        var allowed = (int)(share * scores.Count);
        return allowed == 0 ? label : label with { Threshold = Math.Max(label.Threshold, (scores[allowed - 1] + scores[allowed]) / 2) };
    }

    private static List<(double Z, bool Present)> Known(float[,] differences, float[,] targets, int label) =>
        [.. Column(differences, label).Zip(Column(targets, label)).Where(p => !float.IsNaN(p.Second)).Select(p => ((double)p.First, p.Second > 0))];

    private static IEnumerable<float> Column(float[,] values, int label) => Enumerable.Range(0, values.GetLength(0)).Select(r => values[r, label]);
}
