namespace ZsMlc.MLNet.SyntheticData.Plan;

/// <summary>A label set of the plan.</summary>
/// <param name="Labels">The labels, in the order in which prompts name them.</param>
/// <param name="Slots">How many slots ask for this set.</param>
internal sealed record PlannedSet(IReadOnlyList<string> Labels, int Slots);
