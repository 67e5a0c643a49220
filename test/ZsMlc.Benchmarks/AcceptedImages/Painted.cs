namespace ZsMlc.Benchmarks.AcceptedImages;

/// <summary>What came of painting some wishes.</summary>
/// <param name="Accepted">Whether each image passed the judge; a given-up one did not.</param>
/// <param name="PreviewValues">The lowest V of a target at each preview; NaN where none was looked at.</param>
/// <param name="GivenUp">Images that were given up at their previews.</param>
/// <param name="DenoiserCalls">Calls of the denoiser, as <see cref="Price"/> counts them.</param>
/// <param name="Decoded">Images that the autoencoder decoded, previews included.</param>
/// <param name="Seconds">Seconds of generation and judgement.</param>
internal sealed record Painted(bool[] Accepted, float[] PreviewValues, int GivenUp, double DenoiserCalls, int Decoded, double Seconds)
{
    /// <summary>Number of accepted images.</summary>
    public int AcceptedCount => Accepted.Count(a => a);

    /// <summary>The highest threshold of previews that loses no more than a share of the accepted images.</summary>
    public float ThresholdOf(double loss)
    {
        var accepted = PreviewValues.Where((_, i) => Accepted[i]).Order().ToArray();
        return accepted.Length == 0 ? 0 : accepted[(int)(loss * accepted.Length)];
    }

    /// <summary>The probability that the preview of an accepted image has a higher V than that of a rejected one.</summary>
    public double AreaUnderCurve()
    {
        var (good, bad) = (PreviewValues.Where((_, i) => Accepted[i]).ToList(), PreviewValues.Where((_, i) => !Accepted[i]).ToList());
        return good.Count * bad.Count == 0 ? 0.5 : good.Average(g => bad.Average(b => g > b ? 1 : g == b ? 0.5 : 0));
    }
}
