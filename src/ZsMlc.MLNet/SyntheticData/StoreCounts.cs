using ZsMlc.MLNet.SyntheticData.Plan;
using ZsMlc.MLNet.SyntheticData.Store;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>Counts of the records of a store.</summary>
internal sealed class StoreCounts
{
    private readonly Dictionary<string, Tally> labels = new(StringComparer.Ordinal);

    private Tally all;

    /// <summary>Records that need no further work.</summary>
    public int Finished { get; private set; }

    /// <summary>Counts records, <see langword="null"/> for slots without one.</summary>
    /// <param name="plan">The plan whose records they are.</param>
    /// <param name="records">The records.</param>
    /// <param name="isFinished">Whether a record needs no further work; may be left out.</param>
    public static StoreCounts Of(GenerationPlan plan, IEnumerable<SlotRecord?> records, Func<SlotRecord, bool>? isFinished = null)
    {
        var counts = new StoreCounts();
        foreach (var label in plan.Settings.Labels)
        {
            counts.labels.Add(label, default);
        }

        foreach (var record in records)
        {
            if (record is not null)
            {
                counts.Add(record);
                counts.Finished += isFinished?.Invoke(record) == true ? 1 : 0;
            }
        }

        return counts;
    }

    public SyntheticDataStatistics ToStatistics(GenerationPlan plan, int promptsFromTemplates) => new()
    {
        Asked = plan.Count,
        Generated = all.Generated,
        Accepted = all.Accepted,
        Abandoned = all.Abandoned,
        Refused = all.Refused,
        PromptsFromTemplates = promptsFromTemplates,
        Labels = [.. labels.Select(l => new LabelStatistics(l.Key, plan.Settings.ImagesPerLabel, l.Value.Generated, l.Value.Accepted, l.Value.Abandoned) { Refused = l.Value.Refused })],
    };

    private void Add(SlotRecord record)
    {
        var tally = new Tally(record.Attempts.Count, record.IsAccepted ? 1 : 0, record.Attempts.Count(a => a.Abandoned), record.Attempts.Count(a => a.Refusal is not null));
        all += tally;
        foreach (var label in record.Labels)
        {
            labels[label] += tally;
        }
    }

    private readonly record struct Tally(int Generated, int Accepted, int Abandoned, int Refused)
    {
        public static Tally operator +(Tally a, Tally b) => new(a.Generated + b.Generated, a.Accepted + b.Accepted, a.Abandoned + b.Abandoned, a.Refused + b.Refused);
    }
}
