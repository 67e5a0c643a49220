namespace ZsMlc.MLNet.SyntheticData.Plan;

/// <summary>Everything that a plan depends on.</summary>
internal sealed record PlanSettings
{
    /// <summary>The unseen labels, in order.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>Slots that each label occurs in, 1 or more.</summary>
    public int ImagesPerLabel { get; init; } = 200;

    /// <summary>Largest label set, 1 or more.</summary>
    public int LabelsPerImage { get; init; } = 2;

    /// <summary>Labels that are never asked for together.</summary>
    public IReadOnlyList<LabelPair> ConfusablePairs { get; init; } = [];

    /// <summary>Direct parents of labels; a label and its ancestor are never asked for together.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Parents { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    public int Seed { get; init; }
}

/// <summary>Two labels; a record of its own so that it can be saved.</summary>
internal sealed record LabelPair(string First, string Second);
