using System.Text;

namespace ZsMlc.MLNet.Filtering;

/// <summary>What a filter did with the rows of one whole pass.</summary>
public sealed record ClipFilterStatistics
{
    /// <summary>Gets the rows that passed unjudged because they are real.</summary>
    public long Real { get; init; }

    /// <summary>Gets the judged rows that were kept.</summary>
    public long Kept { get; init; }

    /// <summary>Gets the judged rows that were dropped, <see cref="Unlabelled"/> included.</summary>
    public long Dropped { get; init; }

    /// <summary>Gets the rows that were dropped because they name no label to judge them by.</summary>
    public long Unlabelled { get; init; }

    /// <summary>Gets the counts of every candidate label, in the order of the candidates.</summary>
    public IReadOnlyList<ClipFilterLabelCounts> Labels { get; init; } = [];

    /// <summary>Returns the counts in words, one sentence.</summary>
    public override string ToString()
    {
        var text = new StringBuilder($"{Kept} of {Kept + Dropped} judged rows kept, {Real} real rows passed");
        if (Unlabelled > 0)
        {
            text.Append($", {Unlabelled} dropped because they name no label");
        }

        var judged = Labels.Where(l => l.Kept + l.Dropped > 0).Select(l => $"{l.Label} {l.Kept} of {l.Kept + l.Dropped}").ToList();
        return text.Append(judged.Count > 0 ? $": {string.Join(", ", judged)}." : ".").ToString();
    }
}

/// <summary>What a filter did with the rows of one label. A row of several labels counts for each.</summary>
/// <param name="Label">The label.</param>
/// <param name="Kept">Rows made for the label that were kept.</param>
/// <param name="Dropped">Rows made for the label that were dropped.</param>
/// <param name="PseudoLabelled">Kept rows that got the label from the judge.</param>
public sealed record ClipFilterLabelCounts(string Label, long Kept, long Dropped, long PseudoLabelled);
