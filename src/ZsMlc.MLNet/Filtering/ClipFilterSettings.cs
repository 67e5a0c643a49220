using ZsMlc.MLNet.Images;
using ZsMlc.Torch.Filtering;
using static TorchSharp.torch;

namespace ZsMlc.MLNet.Filtering;

/// <summary>What a filter keeps of its options, as saved in the model file.</summary>
internal sealed record ClipFilterSettings
{
    public required IReadOnlyList<string> Seen { get; init; }

    public required IReadOnlyList<string> Unseen { get; init; }

    public required IReadOnlyList<string> Candidates { get; init; }

    public required string Clip { get; init; }

    public required string Fingerprint { get; init; }

    public required string Template { get; init; }

    public float Threshold { get; init; }

    public float? PseudoLabelThreshold { get; init; }

    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Parents { get; init; }

    public string? ScoresColumn { get; init; }

    public int BatchSize { get; init; }

    // The default is that of models which were saved before there was a limit.
    public long MaximumPixels { get; init; } = ImageReadOptions.DefaultMaximumPixels;

    public ScalarType? Precision { get; init; }

    public bool IncludeModel { get; init; }

    public required string ImageColumn { get; init; }

    public required string LabelColumn { get; init; }

    public required string SyntheticColumn { get; init; }

    /// <summary>Whether the filter did its work while a chain was fitted and lets every row pass since.</summary>
    public bool IsSpent { get; init; }

    public ClipFilterStatistics? Statistics { get; init; }

    /// <summary>Whether kept rows may get further labels.</summary>
    public bool AddsLabels => PseudoLabelThreshold is not null || Parents.Count > 0;

    public static ClipFilterSettings Of(ClipFilterOptions options, string fingerprint) => new()
    {
        Seen = options.Labels.Seen,
        Unseen = options.Labels.Unseen,
        Candidates = options.Candidates ?? options.Labels.Unseen,
        Clip = options.Clip,
        Fingerprint = fingerprint,
        Template = options.Template,
        Threshold = options.Threshold,
        PseudoLabelThreshold = options.PseudoLabelThreshold,
        Parents = options.Hierarchy.Parents,
        ScoresColumn = options.ScoresColumn,
        BatchSize = options.BatchSize,
        MaximumPixels = options.MaximumPixels,
        Precision = options.Precision,
        IncludeModel = options.IncludeModel,
        ImageColumn = options.ImageColumn,
        LabelColumn = options.LabelColumn,
        SyntheticColumn = options.SyntheticColumn,
    };

    /// <summary>Throws where no options can have led to these settings.</summary>
    /// <exception cref="ArgumentException">The message names the option.</exception>
    public void Check() => new ClipFilterOptions
    {
        Labels = Labels(),
        Clip = Clip,
        Candidates = Candidates,
        Template = Template,
        Threshold = Threshold,
        PseudoLabelThreshold = PseudoLabelThreshold,
        Hierarchy = Hierarchy(),
        ScoresColumn = ScoresColumn,
        BatchSize = BatchSize,
        Precision = Precision,
        ImageColumn = ImageColumn,
        LabelColumn = LabelColumn,
        SyntheticColumn = SyntheticColumn,
    }.Validate();

    public LabelSet Labels() => LabelSet.Create(Seen, Unseen);

    public LabelHierarchy Hierarchy() => new(Parents);
}
