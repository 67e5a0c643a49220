using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ZsMlc.MLNet.Interop;
using ZsMlc.MLNet.SyntheticData;
using ZsMlc.MLNet.SyntheticData.Plan;
using ZsMlc.MLNet.SyntheticData.Store;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Diffusion.Tuning;
using ZsMlc.Torch.Runtime;

[assembly: LoadableClass(typeof(SyntheticUnseenDataTransformer), null, typeof(SignatureLoadModel), "Synthetic images of unseen labels", SyntheticUnseenDataTransformer.LoaderSignature)]

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>
/// A store of synthetic images. While a chain is fitted, the accepted images are appended to its rows; afterwards rows
/// pass through, marked as real ones. Saved and loaded by <c>ml.Model</c>; a loaded model scores without the store and the models.
/// </summary>
/// <remarks>
/// Safe for use by several threads: disposal waits for calls that run, and later calls throw
/// <see cref="ObjectDisposedException"/>. A <c>PredictionEngine</c> disposes its model, unless it is made with
/// <c>new PredictionEngineOptions { OwnsTransformer = false }</c>.
/// </remarks>
public sealed class SyntheticUnseenDataTransformer : ITransformer, ITransformerWithDifferentMappingAtTrainingTime, IDisposable
{
    internal const string LoaderSignature = "ZsMlcSyntheticUnseen";

    private const string EncoderStream = "text_encoder.safetensors", PromptStream = "prompts.json";

    private static readonly ModelFormat s_format = new("ZSSYNTHE", LoaderSignature);

    private readonly GenerationSettings _settings;
    private readonly SavedPrompts _prompts;
    private readonly TunedTextEncoder? _textEncoder;
    private readonly SharedLifetime _lifetime;
    private readonly Lock _generation = new();

    // Of a loaded model, whose images may not be there.
    private IHostEnvironment? _environment;

    internal SyntheticUnseenDataTransformer(GenerationSettings settings, SavedPrompts prompts, TunedTextEncoder? textEncoder)
    {
        (_settings, _prompts, _textEncoder, Labels) = (settings, prompts, textEncoder, settings.Labels());
        Tuning = textEncoder?.Result();
        _lifetime = SharedModel.Lifetime(nameof(SyntheticUnseenDataTransformer), () => textEncoder?.Dispose());
    }

    /// <summary>Gets the labels; the images are of the unseen ones.</summary>
    public LabelSet Labels { get; }

    /// <summary>Gets what was asked for and made when the generator was fitted.</summary>
    public SyntheticDataStatistics Statistics => _settings.Statistics;

    /// <summary>Gets what the tuning of the text encoder came to, or <see langword="null"/> without one.</summary>
    public TuningResult? Tuning { get; }

    /// <summary>Gets the folder of the images, as the options named it.</summary>
    public string StorePath => _settings.StorePath;

    bool ITransformer.IsRowToRowMapper => true;

    /// <summary>Returns the rows with <c>IsSynthetic</c> (false) and <c>Prompt</c> (empty), where these columns are missing.</summary>
    /// <param name="input">Any rows.</param>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        _lifetime.Check();
        return new ConstantDataView(input, RealRows.Marks(input.Schema, _settings));
    }

    /// <summary>The schema of the output: that of the input, and the columns that mark real rows.</summary>
    /// <param name="inputSchema">The schema of the input.</param>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        _lifetime.Check();
        return RealRows.Marks(inputSchema, _settings).OutputSchema;
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => new BatchRowMapper(RealRows.Marks(inputSchema, _settings));

    IDataView ITransformerWithDifferentMappingAtTrainingTime.TransformForTrainingPipeline(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var use = _lifetime.Enter();
        return Rows().AppendTo(input);
    }

    /// <summary>The accepted images by themselves. A loaded model first makes those that its store lacks, for which it needs the diffusion model and the judge where they were.</summary>
    /// <param name="cancellationToken">Stops making images; the store keeps what was done.</param>
    /// <returns>A lazy view: <c>Image</c> (MLImage), <c>Labels</c> (Vector&lt;Text&gt;), <c>IsSynthetic</c> (true), <c>Prompt</c> and <c>ImagePath</c> (Text).</returns>
    /// <exception cref="DirectoryNotFoundException">The store of a fitted model is gone.</exception>
    /// <exception cref="FileNotFoundException">Images are missing, and so is a model.</exception>
    /// <exception cref="InvalidOperationException">Images are missing, and a model is not the one they were made with, or a service made them, which no model file can hold.</exception>
    /// <exception cref="StoreMismatchException">The store was made with other options.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public IDataView Generate(CancellationToken cancellationToken = default)
    {
        using var use = _lifetime.Enter();
        lock (_generation)
        {
            if (_environment is { } environment)
            {
                var options = _settings.ToOptions(_prompts.Source(), _textEncoder?.Path) with { CancellationToken = cancellationToken };
                new GenerationRun(environment, options, _settings).Execute();
                _environment = null;
            }
        }

        return Rows().View();
    }

    /// <summary>Every attempt that the store has a record of, in order: what was asked, made and decided.</summary>
    /// <exception cref="DirectoryNotFoundException">The store is not there.</exception>
    /// <exception cref="StoreMismatchException">The store was made with other options.</exception>
    public IReadOnlyList<SyntheticSample> Samples()
    {
        using var use = _lifetime.Enter();
        using var store = SyntheticStore.OpenExisting(StorePath, _settings.Identity(), _settings.Candidates());
        return [.. store.Samples(GenerationPlan.Create(_settings.Plan))];
    }

    /// <summary>Writes the tuned text encoder, whole or not at all, for <see cref="SyntheticUnseenDataOptions.TextEncoder"/> or a diffusers folder.</summary>
    /// <param name="path">Path of the safetensors file.</param>
    /// <exception cref="InvalidOperationException">There is no tuned text encoder.</exception>
    public void SaveTextEncoder(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var use = _lifetime.Enter();
        var encoder = _textEncoder ?? throw new InvalidOperationException($"The text encoder was not tuned ({nameof(SyntheticUnseenDataOptions.Tuning)} and {nameof(SyntheticUnseenDataOptions.TextEncoder)} were null); {(_settings.Service is null ? $"it is the one in {_settings.Diffusion}" : $"the images are those of {_settings.Service}")}.");
        AtomicFile.Write(path, encoder.CopyTo);
    }

    void ICanSaveModel.Save(ModelSaveContext context)
    {
        using var use = _lifetime.Enter();
        s_format.Write(context, _settings with { HasTextEncoder = _textEncoder is not null });
        ModelFormat.WriteStream(context, PromptStream, _prompts.Write);
        if (_textEncoder is not null)
        {
            ModelFormat.WriteStream(context, EncoderStream, _textEncoder.CopyTo);
        }
    }

    /// <summary>Frees the text encoder of a loaded model, once the calls that run have ended.</summary>
    public void Dispose() => _lifetime.Dispose();

    private static SyntheticUnseenDataTransformer Create(IHostEnvironment environment, ModelLoadContext context)
    {
        var component = new StoredComponent(context);
        var settings = s_format.Read<GenerationSettings>(environment, nameof(SyntheticUnseenDataTransformer), component, s => s.Check());
        var prompts = s_format.ReadStream(component, PromptStream, s => SavedPrompts.Read(s, settings.Prompts));
        var encoder = settings.HasTextEncoder ? s_format.ReadStream(component, EncoderStream, s => TunedTextEncoder.Read(s, environment.TemporaryFolder())) : null;
        return new(settings, prompts, encoder) { _environment = environment };
    }

    private SyntheticRows Rows() => new(_settings, [.. Samples().Where(s => s.IsAccepted)]);
}
