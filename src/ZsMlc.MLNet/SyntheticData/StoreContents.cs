using ZsMlc.MLNet.SyntheticData.Plan;
using ZsMlc.MLNet.SyntheticData.Store;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>What a store holds, as its user sees it.</summary>
internal static class StoreContents
{
    /// <summary>All attempts recorded for the plan's slots, in order; read lazily.</summary>
    public static IEnumerable<SyntheticSample> Samples(this SyntheticStore store, GenerationPlan plan)
    {
        var names = new ScoreNames(store.Candidates);
        foreach (var record in store.RecordsOf(plan))
        {
            for (var i = 0; i < (record?.Attempts.Count ?? 0); i++)
            {
                var attempt = record!.Attempts[i];
                yield return new SyntheticSample(
                    record.Slot,
                    i,
                    record.Labels,
                    attempt.PseudoLabels,
                    attempt.Prompt,
                    attempt.Seed,
                    attempt.Image is { } image ? store.Full(image.File) : null,
                    attempt.Accepted,
                    names.With(attempt.Scores))
                {
                    Model = attempt.Model,
                    Refusal = attempt.Refusal,
                };
            }
        }
    }

    /// <summary>Counts the records of the plan's slots.</summary>
    public static SyntheticDataStatistics Statistics(this SyntheticStore store, GenerationPlan plan, int promptsFromTemplates) =>
        StoreCounts.Of(plan, store.RecordsOf(plan)).ToStatistics(plan, promptsFromTemplates);
}
