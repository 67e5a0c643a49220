namespace ZsMlc.MLNet.Filtering;

/// <summary>Counts the rows of one pass.</summary>
internal sealed class ClipFilterTally(IReadOnlyList<string> candidates)
{
    private readonly long[] _kept = new long[candidates.Count], _dropped = new long[candidates.Count], _pseudo = new long[candidates.Count];
    private long _real, _unlabelled, _keptRows, _droppedRows;

    public void CountReal() => _real++;

    public void CountUnlabelled() => (_unlabelled, _droppedRows) = (_unlabelled + 1, _droppedRows + 1);

    /// <summary>Counts a judged row.</summary>
    /// <param name="kept">Whether it is kept.</param>
    /// <param name="targets">Candidates that it was made for.</param>
    /// <param name="pseudo">Candidates that the judge adds.</param>
    public void Count(bool kept, IReadOnlyList<int> targets, IReadOnlyList<int> pseudo)
    {
        (_keptRows, _droppedRows) = kept ? (_keptRows + 1, _droppedRows) : (_keptRows, _droppedRows + 1);
        foreach (var target in targets)
        {
            (kept ? _kept : _dropped)[target]++;
        }

        foreach (var label in pseudo)
        {
            _pseudo[label]++;
        }
    }

    public ClipFilterStatistics Statistics() => new()
    {
        Real = _real,
        Kept = _keptRows,
        Dropped = _droppedRows,
        Unlabelled = _unlabelled,
        Labels = [.. candidates.Select((label, i) => new ClipFilterLabelCounts(label, _kept[i], _dropped[i], _pseudo[i]))],
    };
}
