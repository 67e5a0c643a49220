using ZsMlc.MLNet.Images;
using ZsMlc.Torch;
using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Classification.Calibration;
using static TorchSharp.torch;

namespace ZsMlc.MLNet.Classification;

/// <summary>Labels, model and recipe of <see cref="FusionMultiLabelTrainer"/>.</summary>
public sealed record FusionMultiLabelOptions
{
    /// <summary>The threshold of labels that nothing else is known of.</summary>
    internal const double StandardThreshold = 0.5;

    private readonly FusionTrainingOptions _training = new();
    private readonly int? _epochs, _batchSize;
    private readonly double? _learningRate;

    /// <summary>Gets the labels to learn and to score. Rows annotate the seen ones, synthetic rows the unseen ones.</summary>
    public required LabelSet Labels { get; init; }

    /// <summary>Gets the path of a CLIP model with a ResNet or a vision transformer: OpenAI's TorchScript archive, an open_clip file or folder, a Hugging Face folder.</summary>
    public required string Clip { get; init; }

    /// <summary>Gets the shape of the network: contexts and fusion branches.</summary>
    public FusionClassifierOptions Network { get; init; } = new();

    /// <summary>
    /// Gets the recipe, with <see cref="Epochs"/>, <see cref="BatchSize"/>, <see cref="LearningRate"/> and <see cref="Seed"/>
    /// of these options where they are given. What is given here and there must be equal.
    /// </summary>
    public FusionTrainingOptions Training
    {
        get => _training.Or(_epochs, _batchSize, _learningRate, Seed);
        init => _training = value;
    }

    /// <summary>Gets the number of epochs, 1 or more. Default: that of <see cref="Training"/>, 50.</summary>
    public int Epochs
    {
        get => _epochs ?? _training.Epochs;
        init => _epochs = value;
    }

    /// <summary>Gets the rows of a training step, 1 or more. Default: that of <see cref="Training"/>, 32.</summary>
    public int BatchSize
    {
        get => _batchSize ?? _training.BatchSize;
        init => _batchSize = value;
    }

    /// <summary>Gets the learning rate of the contexts. Default: that of <see cref="Training"/>, 0.002.</summary>
    public double LearningRate
    {
        get => _learningRate ?? _training.LearningRate;
        init => _learningRate = value;
    }

    /// <summary>Gets the seed; the same seed, data and device give the same model. Default: that of <see cref="Training"/> if it is given there, then that of the MLContext; without one, 0 where <see cref="Training"/> names a checkpoint to resume from, else a random one.</summary>
    public int? Seed { get; init; }

    /// <summary>
    /// Gets the share of real rows held out to choose the best epoch and to calibrate scores by, 0 to below 1. With 0 the last
    /// epoch is taken, and scores are not calibrated. Default 0.
    /// </summary>
    public double ValidationFraction { get; init; }

    /// <summary>
    /// Gets how scores become probabilities, and where on each label is predicted, by the held-out rows; needs
    /// <see cref="ValidationFraction"/>. <see langword="null"/> leaves scores as the network gives them. Default: calibrated
    /// where rows are held out.
    /// </summary>
    public CalibrationOptions? Calibration { get; init; } = new();

    /// <summary>
    /// Gets the views of an image that are scored and joined, such as the whole and its four corners; a model keeps them, and
    /// <see cref="FusionMultiLabelTransformer.WithViews"/> gives it others. Scoring takes <see cref="ImageViews.Count"/> times
    /// as long. <see langword="null"/> (default): the whole image alone.
    /// </summary>
    public ImageViews? Views { get; init; }

    /// <summary>Gets the number of labels in <c>PredictedLabels</c>, the highest first; without it, all that reach their threshold. Default: none.</summary>
    public int? TopK { get; init; }

    /// <summary>Gets the least score of a predicted label, 0 to 1, for all labels. Default: one for each label where scores are calibrated, else 0.5 for all.</summary>
    public double? Threshold { get; init; }

    /// <summary>Gets the rows that are scored at once, 1 or more. Default 32. On a CPU 16 images of 224², with a vision transformer 32, go through the network at a time, however many these are.</summary>
    public int ScoringBatchSize { get; init; } = 32;

    /// <summary>
    /// Gets the element type that images are computed in, in training and in scoring: BFloat16, about twice as fast on
    /// processors and GPUs that have it (on a processor that is slower in it, Float32), or Float32. Weights are single precision in either case. Default: Float32.
    /// </summary>
    public ScalarType? Precision { get; init; }

    /// <summary>Gets the most pixels (width times height) of an image, whoever decoded it, 1 or more; a row with a larger one ends the run. Default 64 million.</summary>
    public long MaximumPixels { get; init; } = ImageReadOptions.DefaultMaximumPixels;

    /// <summary>Gets whether saved models keep the text encoder, so that they can take other labels. Default false.</summary>
    public bool IncludeTextEncoder { get; init; }

    /// <summary>Gets whether weights are rounded to half precision, as they are saved; otherwise single precision. Default true.</summary>
    public bool HalfPrecision { get; init; } = true;

    /// <summary>Gets whether labels that are not in <see cref="Labels"/> are passed over in training rows instead of ending <c>Fit</c>. Default false.</summary>
    public bool IgnoreUnknownLabels { get; init; }

    /// <summary>Gets the column of images. Default <c>Image</c>.</summary>
    public string ImageColumn { get; init; } = "Image";

    /// <summary>Gets the column of labels. Default <c>Labels</c>.</summary>
    public string LabelColumn { get; init; } = "Labels";

    /// <summary>Gets the column that says whether a row is synthetic; data without it is real. Default <c>IsSynthetic</c>.</summary>
    public string SyntheticColumn { get; init; } = "IsSynthetic";

    /// <summary>Gets the column that the scores are written to. Default <c>Score</c>.</summary>
    public string ScoreColumn { get; init; } = "Score";

    /// <summary>Gets the column that the predicted labels are written to. Default <c>PredictedLabels</c>.</summary>
    public string PredictedLabelsColumn { get; init; } = "PredictedLabels";

    /// <summary>Gets what is told of the training's progress. Default: nothing but messages in <c>MLContext.Log</c>.</summary>
    public IProgress<TrainingProgress>? Progress { get; init; }

    /// <summary>Gets the token that ends <c>Fit</c>.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>The published recipe, faults included, for comparison: 64 context tokens, separate passes over real and synthetic rows, and a schedule that moves twice an epoch.</summary>
    /// <param name="labels">The labels.</param>
    /// <param name="clip">Path of the CLIP model, RN50 as published.</param>
    public static FusionMultiLabelOptions Published(LabelSet labels, string clip) => new()
    {
        Labels = labels,
        Clip = clip,
        Network = new() { ContextTokens = 64, Norm = FusionNorm.Affine },
        Training = FusionTrainingOptions.Published,
    };

    /// <summary>Throws when a value is missing or out of its range; the message names the option.</summary>
    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Labels);
        ArgumentException.ThrowIfNullOrWhiteSpace(Clip);
        ArgumentNullException.ThrowIfNull(Network);
        ArgumentNullException.ThrowIfNull(_training, nameof(Training));
        _training.CheckAgainst(_epochs, _batchSize, _learningRate, Seed, nameof(Training));
        OptionRange.Check(nameof(Network.ContextTokens), Network.ContextTokens, Network.ContextTokens >= 1, "1 or more", nameof(Network));
        Training.Validate();
        ArgumentOutOfRangeException.ThrowIfLessThan(ScoringBatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumPixels, 1);
        OptionRange.Check(nameof(Precision), Precision, Precision is null or ScalarType.Float32 or ScalarType.BFloat16, "Float32 or BFloat16");
        OptionRange.Check(nameof(ValidationFraction), ValidationFraction, ValidationFraction is >= 0 and < 1, "0 to below 1");
        OptionRange.Check(nameof(Threshold), Threshold, Threshold is null or (>= 0 and <= 1), "0 to 1");
        Calibration?.Validate(nameof(Calibration));
        Views?.Validate(nameof(Views));
        OptionRange.Check(nameof(TopK), TopK, TopK is null or >= 1, "1 or more");
        ColumnNames.Check(
            (nameof(ImageColumn), ImageColumn ?? ""), (nameof(LabelColumn), LabelColumn ?? ""), (nameof(SyntheticColumn), SyntheticColumn ?? ""),
            (nameof(ScoreColumn), ScoreColumn ?? ""), (nameof(PredictedLabelsColumn), PredictedLabelsColumn ?? ""));
    }
}
