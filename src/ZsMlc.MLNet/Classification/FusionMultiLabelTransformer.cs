using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ZsMlc.MLNet.Classification;
using ZsMlc.MLNet.Interop;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Classification;

[assembly: LoadableClass(typeof(FusionMultiLabelTransformer), null, typeof(SignatureLoadModel), "Fusion multi-label classifier", FusionMultiLabelTransformer.LoaderSignature)]

namespace ZsMlc.MLNet.Classification;

/// <summary>
/// A trained fusion classifier. Adds a score for every label and the predicted labels to rows with images; saved and
/// loaded by <c>ml.Model</c>, and usable in a <c>PredictionEngine</c>.
/// </summary>
/// <remarks>
/// Scores a batch of rows at a time, lazily. Safe for use by several threads: disposal waits for batches that are being
/// scored, and what is asked of the model later throws <see cref="ObjectDisposedException"/>. A <c>PredictionEngine</c>
/// disposes its model, unless it is made with <c>new PredictionEngineOptions { OwnsTransformer = false }</c>.
/// </remarks>
public sealed class FusionMultiLabelTransformer : ITransformer, IDisposable
{
    internal const string LoaderSignature = "ZsMlcFusionMultiLabel";

    private const string WeightsStream = "weights.safetensors";

    private static readonly ModelFormat s_format = new("ZSFUSION", LoaderSignature);

    private readonly FusionClassifier _classifier;
    private readonly FusionSettings _settings;

    internal FusionMultiLabelTransformer(FusionClassifier classifier, FusionSettings settings, FusionTrainingResult? training)
    {
        (_classifier, _settings, Labels, Training) = (classifier, settings, settings.Labels(), training);
        classifier.Lifetime.Describe(nameof(FusionMultiLabelTransformer), SharedModel.Advice);
        classifier.ComputeType = settings.Precision;
        if (!Labels.All.SequenceEqual(classifier.Labels))
        {
            throw new CheckpointFormatException("the model file", $"its settings name {Labels.Count} labels, but its weights are those of {classifier.Labels.Count} labels or of others.");
        }
    }

    /// <summary>Gets the labels; scores come in the order of <see cref="LabelSet.All"/>.</summary>
    public LabelSet Labels { get; }

    /// <summary>Gets what the training came to, or <see langword="null"/> in a loaded model.</summary>
    public FusionTrainingResult? Training { get; }

    internal FusionClassifier Classifier => _classifier;

    bool ITransformer.IsRowToRowMapper => true;

    /// <summary>Adds the scores and predicted labels, lazily.</summary>
    /// <param name="input">Rows with images.</param>
    /// <exception cref="ArgumentException">The image column is missing or of another type.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new BatchedDataView(input, Mapping(input.Schema));
    }

    /// <summary>The schema of the output.</summary>
    /// <param name="inputSchema">The schema of the input.</param>
    /// <exception cref="ArgumentException">The image column is missing or of another type.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return Mapping(inputSchema).OutputSchema;
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => new BatchRowMapper(Mapping(inputSchema));

    /// <summary>
    /// The same model for other labels, by their names: what was learnt is kept. The result shares weights with this
    /// model; either can be disposed before the other.
    /// </summary>
    /// <param name="labels">The new labels; those that were seen in training remain seen ones.</param>
    /// <exception cref="InvalidOperationException">The model was saved without its text encoder, or learnt contexts of its own for each label.</exception>
    /// <exception cref="ArgumentException">A label is empty, occurs twice, or is too long for the text encoder.</exception>
    public FusionMultiLabelTransformer WithLabels(IReadOnlyList<string> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        var set = LabelSet.Create(labels.Where(Labels.Seen.Contains), labels.Where(l => !Labels.Seen.Contains(l)));
        return new(_classifier.WithLabels(set.All), _settings with { Seen = set.Seen, Unseen = set.Unseen }, Training);
    }

    /// <summary>
    /// The same model with other views of an image, joined at scoring: no training is needed. The result has weights of its
    /// own; either can be disposed before the other.
    /// </summary>
    /// <param name="views">The views, or <see langword="null"/> for the whole image alone. With <see cref="ViewJoin.Max"/> scores come out higher; calibration and thresholds stay those of the views that the model was trained with.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public FusionMultiLabelTransformer WithViews(ImageViews? views) => new(_classifier.WithViews(views), _settings, Training);

    /// <summary>Gets the views of an image that are scored and joined, or <see langword="null"/> for the whole image alone.</summary>
    public ImageViews? Views => _classifier.Views;

    /// <summary>Gets the side of the square images that the network takes, in pixels.</summary>
    public int InputSize => _classifier.InputSize;

    /// <summary>Reads the classifier of a checked model file, and no other component.</summary>
    /// <exception cref="CheckpointFormatException">The file holds no classifier or one of a newer version, or is damaged.</exception>
    internal static FusionMultiLabelTransformer Load(IHostEnvironment environment, ModelArchive archive) => Load(environment, archive.Find(s_format));

    void ICanSaveModel.Save(ModelSaveContext context)
    {
        s_format.Write(context, _settings);
        ModelFormat.WriteSelfChecked(context, WeightsStream, stream => _classifier.Save(stream, _settings.IncludeTextEncoder));
    }

    /// <summary>Frees the weights that no other model shares, once the calls that run have ended.</summary>
    public void Dispose() => _classifier.Dispose();

    private static FusionMultiLabelTransformer Create(IHostEnvironment environment, ModelLoadContext context) => Load(environment, new StoredComponent(context));

    private static FusionMultiLabelTransformer Load(IHostEnvironment environment, StoredComponent component)
    {
        var settings = s_format.Read<FusionSettings>(environment, nameof(FusionMultiLabelTransformer), component, s => s.Check());
        var device = environment.Device(nameof(FusionMultiLabelTransformer));
        var classifier = s_format.ReadSelfChecked(component, WeightsStream, stream => FusionClassifier.Load(stream, device));
        try
        {
            return new(classifier, settings, null);
        }
        catch
        {
            classifier.Dispose();
            throw;
        }
    }

    private FusionMapping Mapping(DataViewSchema input)
    {
        _classifier.Lifetime.Check();
        return new(_classifier, _settings, input, Columns.Image(input, _settings.ImageColumn, nameof(FusionMultiLabelOptions.ImageColumn)).Index);
    }
}
