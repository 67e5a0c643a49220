namespace ZsMlc.MLNet.SyntheticData;

/// <summary>What a generation run asked for and got; counts cover all shards and all runs on the store.</summary>
public sealed record SyntheticDataStatistics
{
    /// <summary>Gets the images asked for: the slots of the plan.</summary>
    public int Asked { get; init; }

    /// <summary>Gets the images generated, rejected, abandoned and refused ones included.</summary>
    public int Generated { get; init; }

    /// <summary>Gets the images accepted.</summary>
    public int Accepted { get; init; }

    /// <summary>Gets the images given up at their preview.</summary>
    public int Abandoned { get; init; }

    /// <summary>Gets the images that a service's content filter refused to make; they count as generated.</summary>
    public int Refused { get; init; }

    /// <summary>Gets the prompts that are templates because the prompt source did not deliver enough.</summary>
    public int PromptsFromTemplates { get; init; }

    /// <summary>Gets the counts of each unseen label, in the order of the label set. An image counts for every label that it was asked to show.</summary>
    public IReadOnlyList<LabelStatistics> Labels { get; init; } = [];

    /// <summary>Gets the labels with fewer accepted images than asked for.</summary>
    public IReadOnlyList<LabelStatistics> Short => [.. Labels.Where(l => l.Accepted < l.Asked)];

    /// <summary>Returns the counts in words, one sentence.</summary>
    public override string ToString()
    {
        var missing = Short.Select(l => $"{l.Label} {l.Accepted} of {l.Asked}").ToList();
        return $"{Accepted} of {Asked} images accepted, {Generated} generated, {Abandoned} of them given up at their preview{(Refused > 0 ? $", {Refused} refused by the service" : "")}{(missing.Count > 0 ? $"; short: {string.Join(", ", missing)}" : "")}.";
    }
}

/// <summary>The counts of one label.</summary>
/// <param name="Label">The label.</param>
/// <param name="Asked">Images asked for.</param>
/// <param name="Generated">Images generated, rejected and abandoned ones included.</param>
/// <param name="Accepted">Images accepted.</param>
/// <param name="Abandoned">Images given up at their preview.</param>
public sealed record LabelStatistics(string Label, int Asked, int Generated, int Accepted, int Abandoned)
{
    /// <summary>Gets the images that a service's content filter refused to make; they count as generated.</summary>
    public int Refused { get; init; }
}
