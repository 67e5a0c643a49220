namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>Says why lines were turned down.</summary>
internal static class PromptFaults
{
    /// <summary>Counts by reason, the most frequent first: "12 turned down: 7 a label is missing, 5 talk about the task".</summary>
    public static string Describe(IReadOnlyDictionary<PromptFault, int> faults) => faults.Count == 0
        ? "none turned down"
        : $"{faults.Values.Sum()} turned down: {string.Join(", ", faults.OrderByDescending(f => f.Value).ThenBy(f => f.Key).Select(f => $"{f.Value} {Name(f.Key)}"))}";

    private static string Name(PromptFault fault) => fault switch
    {
        PromptFault.TooShort => "too short",
        PromptFault.TooLong => "too long",
        PromptFault.NotADescription => "no description",
        PromptFault.Echo => "repeat the question",
        PromptFault.MetaTalk => "talk about the task",
        PromptFault.Refusal => "refuse",
        PromptFault.Unfinished => "unfinished",
        PromptFault.NotEnglish => "not English",
        PromptFault.LabelMissing => "lack a label",
        PromptFault.Duplicate => "repeated",
        PromptFault.NearDuplicate => "nearly repeated",
        _ => "usable",
    };
}
