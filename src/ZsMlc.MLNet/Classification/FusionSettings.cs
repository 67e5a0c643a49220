using ZsMlc.MLNet.Images;
using static TorchSharp.torch;

namespace ZsMlc.MLNet.Classification;

/// <summary>What a fitted model keeps of its options, as saved in the model file.</summary>
internal sealed record FusionSettings
{
    public required IReadOnlyList<string> Seen { get; init; }

    public required IReadOnlyList<string> Unseen { get; init; }

    public required string ImageColumn { get; init; }

    public required string ScoreColumn { get; init; }

    public required string PredictedLabelsColumn { get; init; }

    public int? TopK { get; init; }

    // Models that were saved before there were thresholds of single labels have a number here.
    public double? Threshold { get; init; }

    public int BatchSize { get; init; }

    // The default is that of models which were saved before there was a limit.
    public long MaximumPixels { get; init; } = ImageReadOptions.DefaultMaximumPixels;

    public ScalarType? Precision { get; init; }

    public bool IncludeTextEncoder { get; init; }

    public static FusionSettings Of(FusionMultiLabelOptions options) => new()
    {
        Seen = options.Labels.Seen,
        Unseen = options.Labels.Unseen,
        ImageColumn = options.ImageColumn,
        ScoreColumn = options.ScoreColumn,
        PredictedLabelsColumn = options.PredictedLabelsColumn,
        TopK = options.TopK,
        Threshold = options.Threshold,
        BatchSize = options.ScoringBatchSize,
        MaximumPixels = options.MaximumPixels,
        Precision = options.Precision,
        IncludeTextEncoder = options.IncludeTextEncoder,
    };

    /// <summary>Throws where no options can have led to these settings.</summary>
    /// <exception cref="ArgumentException">The message names the option.</exception>
    public void Check() => new FusionMultiLabelOptions
    {
        Labels = Labels(),
        Clip = "not stored",
        ImageColumn = ImageColumn,
        ScoreColumn = ScoreColumn,
        PredictedLabelsColumn = PredictedLabelsColumn,
        TopK = TopK,
        Threshold = Threshold,
        ScoringBatchSize = BatchSize,
        Precision = Precision,
    }.Validate();

    public LabelSet Labels() => LabelSet.Create(Seen, Unseen);
}
