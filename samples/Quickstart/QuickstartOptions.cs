using ZsMlc.MicroModels;
using ZsMlc.MLNet;
using ZsMlc.MLNet.SyntheticData.Prompts;

namespace ZsMlc.Samples.Quickstart;

/// <summary>What a run does.</summary>
internal sealed record QuickstartOptions
{
    /// <summary>The labels to learn without photos.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    public required int ImagesPerLabel { get; init; }

    public required int Epochs { get; init; }

    /// <summary>The most training photos, and the most test photos.</summary>
    public required int Photos { get; init; }

    public required int Seed { get; init; }

    public required int? Gpu { get; init; }

    public required string Output { get; init; }

    /// <summary>The CLIP that the classifier stands on, a ResNet or a vision transformer; null for the micro world's. The judge stays.</summary>
    public string? Clip { get; init; }

    public required PromptSource Prompts { get; init; }

    public string Store => Path.Combine(Output, "synthetic");

    public string Tagger => Path.Combine(Output, "tagger.zip");

    public string Report => Path.Combine(Output, "report.html");

    /// <summary>The seen labels of the micro world that were not chosen as unseen ones, and those that were.</summary>
    /// <exception cref="ArgumentException">A label is not one of the micro world's, or there is only one.</exception>
    public LabelSet LabelSet()
    {
        var world = ZeroShotModels.Micro;
        var unseen = Labels.SelectMany(l => l.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).ToList();
        var unknown = unseen.FirstOrDefault(l => !world.Seen.Contains(l) && !world.Unseen.Contains(l));
        if (unknown is not null)
        {
            throw new ArgumentException($"--labels has '{unknown}', which the micro models do not know; --help lists the labels that they know.");
        }

        return unseen.Count > 1
            ? MLNet.LabelSet.Create(world.Seen.Except(unseen), unseen)
            : throw new ArgumentException($"--labels has {unseen.Count} label; it needs two or more, which the judge compares with each other.");
    }
}
