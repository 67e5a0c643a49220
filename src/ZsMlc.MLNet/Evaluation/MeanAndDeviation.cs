namespace ZsMlc.MLNet.Evaluation;

/// <summary>Mean and spread of a measure over the folds of a cross-validation.</summary>
/// <param name="Mean">The mean; NaN if no fold has the measure.</param>
/// <param name="StandardDeviation">The sample standard deviation, √(Σ (x − mean)² / (n − 1)); NaN with fewer than two folds.</param>
public readonly record struct MeanAndDeviation(double Mean, double StandardDeviation)
{
    /// <summary>Returns both in percent, as in "75.00 ± 1.20".</summary>
    public override string ToString() => FormattableString.Invariant($"{100 * Mean:f2} ± {100 * StandardDeviation:f2}");

    /// <summary>Summarises the values of the folds; NaN, where a fold has no positive, is left out.</summary>
    internal static MeanAndDeviation Of(IEnumerable<double> values)
    {
        double[] known = [.. values.Where(v => !double.IsNaN(v))];
        var mean = known.Length > 0 ? known.Average() : double.NaN;
        return new(mean, known.Length > 1 ? Math.Sqrt(known.Sum(v => (v - mean) * (v - mean)) / (known.Length - 1)) : double.NaN);
    }
}
