using ZsMlc.MLNet.SyntheticData.Plan;
using ZsMlc.MLNet.SyntheticData.Prompts;

namespace ZsMlc.MLNet.SyntheticData.Store;

/// <summary>How to ask for the prompts of a plan.</summary>
/// <param name="Source">Who is asked.</param>
/// <param name="PromptsPerSet">How many prompts a label set has at most, 1 or more; it never gets more than its slots can use.</param>
/// <param name="Names">Other names of labels.</param>
/// <param name="AttemptsPerSlot">How many attempts a slot has at most.</param>
internal sealed record PromptSettings(PromptSource Source, int PromptsPerSet, LabelNames Names, int AttemptsPerSlot);
