namespace MicroWorld.Evaluation;

/// <summary>What is measured of one trained classifier.</summary>
/// <param name="Ranks">Ranks on the test pictures, then the seen labels' mAP on the validation pictures, by which settings may be chosen.</param>
/// <param name="AtHalf">How far the network's own scores hold, and tags at 0.5.</param>
/// <param name="Calibrated">Likewise, calibrated by the validation pictures, with a threshold for each label.</param>
/// <param name="ViewRanks">As <paramref name="Ranks"/>, with the four corners scored beside the whole picture, without training anew.</param>
/// <param name="Sealed">Ranks on the sealed test set; empty where it is not opened.</param>
/// <param name="SealedViews">Likewise with the corners.</param>
internal sealed record RunFigures(
    IReadOnlyList<double> Ranks, IReadOnlyList<double> AtHalf, IReadOnlyList<double> Calibrated, IReadOnlyList<double> ViewRanks,
    IReadOnlyList<double> Sealed, IReadOnlyList<double> SealedViews)
{
    /// <summary>All in one row, as a log keeps them.</summary>
    public IReadOnlyList<double> Values => [.. Ranks, .. AtHalf, .. Calibrated, .. ViewRanks, .. Sealed, .. SealedViews];

    public static RunFigures Parse(IReadOnlyList<double> values)
    {
        var (ranks, scores) = (TestFigures.Names.Count + 1, ScoreFigures.Names.Count);
        var rest = values.Count - 2 * (ranks + scores);
        var next = 0;
        return new(Take(ranks), Take(scores), Take(scores), Take(ranks), Take(rest / 2), Take(rest / 2));

        IReadOnlyList<double> Take(int count)
        {
            next += count;
            return [.. values.Skip(next - count).Take(count)];
        }
    }
}
