namespace ZsMlc.MLNet.SyntheticData.Plan;

/// <summary>A label set of the plan.</summary>
/// <param name="Index">Its place in <see cref="GenerationPlan.Sets"/>.</param>
/// <param name="Labels">The labels, in the order in which prompts name them.</param>
/// <param name="Slots">How many slots ask for this set.</param>
internal sealed record PlannedSet(int Index, IReadOnlyList<string> Labels, int Slots);
