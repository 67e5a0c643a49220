using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ZsMlc.MLNet.Filtering;
using ZsMlc.MLNet.Interop;

[assembly: LoadableClass(typeof(ClipFilterTransformer), null, typeof(SignatureLoadModel), "CLIP filter", ClipFilterTransformer.LoaderSignature)]

namespace ZsMlc.MLNet.Filtering;

/// <summary>
/// Drops the synthetic rows whose image does not show its labels, as CLIP sees it. Fitted as a link of a chain it works
/// while the chain is fitted and lets every row pass from then on; fitted alone it filters in <see cref="Transform"/>.
/// </summary>
/// <remarks>
/// Judges a batch of rows at a time, lazily. The CLIP model is opened when the first row is judged. Safe for use by
/// several threads: disposal waits for batches that are being judged, and what is asked of the filter later throws
/// <see cref="ObjectDisposedException"/>. A <c>PredictionEngine</c> disposes its model, unless it is made with
/// <c>new PredictionEngineOptions { OwnsTransformer = false }</c>.
/// </remarks>
public sealed class ClipFilterTransformer : ITransformer, ITransformerWithDifferentMappingAtTrainingTime, IDisposable
{
    internal const string LoaderSignature = "ZsMlcClipFilter";

    private const string ModelStream = "clip.safetensors";

    private static readonly ModelFormat s_format = new("ZSCLIPFI", LoaderSignature);

    private readonly IHostEnvironment _environment;
    private readonly ClipFilterSettings _settings;
    private readonly FilterJudge _judge;
    private readonly CancellationToken _cancellationToken;
    private volatile bool _spent;
    private volatile ClipFilterStatistics? _statistics;

    internal ClipFilterTransformer(IHostEnvironment environment, ClipFilterSettings settings, FilterJudge judge, CancellationToken cancellationToken)
    {
        (_environment, _settings, _judge, _cancellationToken) = (environment, settings, judge, cancellationToken);
        (_spent, _statistics) = (settings.IsSpent, settings.Statistics);
    }

    /// <summary>Gets the candidate labels, in the order of <c>ClipScores</c>.</summary>
    public IReadOnlyList<string> Candidates => _settings.Candidates;

    /// <summary>Gets what the last pass that read all rows kept and dropped, or <see langword="null"/> before the first; a loaded filter tells that of its former life.</summary>
    public ClipFilterStatistics? Statistics => _statistics;

    /// <summary>Gets whether <see cref="Transform"/> lets every row pass because the filter has worked as a link of a chain.</summary>
    public bool IsSpent => _spent;

    bool ITransformer.IsRowToRowMapper => _spent;

    /// <summary>Filters lazily; where the filter <see cref="IsSpent"/>, lets every row pass, with NaN in the column of scores.</summary>
    /// <param name="input">Rows with images and labels.</param>
    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        _judge.Lifetime.Check();
        return _spent ? new ConstantDataView(input, NotJudged(input.Schema)) : Filter(input);
    }

    /// <summary>Filters lazily, whether or not the filter <see cref="IsSpent"/>.</summary>
    /// <param name="input">Rows with images and labels. Real rows pass unjudged; without a column that tells them apart, every row is judged.</param>
    /// <returns>The rows that are kept. Reading it throws <see cref="InvalidOperationException"/> where a row has labels that are not among the candidates, or all candidates as labels, or where the CLIP model is not that of the fit, and <see cref="FileNotFoundException"/> where there is none.</returns>
    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    public IDataView Filter(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new BatchedDataView(input, Mapping(input.Schema), filters: true);
    }

    IDataView ITransformerWithDifferentMappingAtTrainingTime.TransformForTrainingPipeline(IDataView input)
    {
        _spent = true;
        return Filter(input);
    }

    /// <summary>The schema of the output.</summary>
    /// <param name="inputSchema">The schema of the input.</param>
    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        _judge.Lifetime.Check();
        return (_spent ? NotJudged(inputSchema) : (BatchMapping)Mapping(inputSchema)).OutputSchema;
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => _spent
        ? new BatchRowMapper(NotJudged(inputSchema))
        : throw new InvalidOperationException("A filter may drop rows, so it cannot map row to row. Fitted as a link of a chain it lets every row pass once the chain is fitted.");

    void ICanSaveModel.Save(ModelSaveContext context)
    {
        using var use = _judge.Lifetime.Enter();
        s_format.Write(context, _settings with { IsSpent = _spent, Statistics = _statistics });
        if (_settings.IncludeModel)
        {
            ModelFormat.WriteStream(context, ModelStream, _judge.Save);
        }
    }

    /// <summary>Frees the CLIP model, once the calls that run have ended.</summary>
    public void Dispose() => _judge.Dispose();

    private static ClipFilterTransformer Create(IHostEnvironment environment, ModelLoadContext context)
    {
        var component = new StoredComponent(context);
        var settings = s_format.Read<ClipFilterSettings>(environment, nameof(ClipFilterTransformer), component, s => s.Check());
        var stored = settings.IncludeModel ? s_format.ReadStream(component, ModelStream, ReadAll) : null;
        return new(environment, settings, new(environment, settings, stored), default);
    }

    private static byte[] ReadAll(Stream stream)
    {
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }

    // What was promised when the chain was made is there in scoring too.
    private ConstantMapping NotJudged(DataViewSchema input) => _settings.ScoresColumn is { } scores
        ? new(input, DefaultColumn.Unknown(scores, Candidates))
        : new(input);

    private ClipFilterMapping Mapping(DataViewSchema input)
    {
        _judge.Lifetime.Check();
        return new(_settings, _judge, input, Complete, _cancellationToken);
    }

    private void Complete(ClipFilterStatistics statistics)
    {
        _statistics = statistics;
        _environment.Info(nameof(ClipFilterTransformer), statistics.ToString());
        var without = statistics.Labels.Where(l => l is { Kept: 0, Dropped: > 0 }).Select(l => l.Label).ToList();
        if (without.Count > 0)
        {
            _environment.Warning(nameof(ClipFilterTransformer), $"No row of {without.Count} labels was kept: {string.Join(", ", without.Take(20))}{(without.Count > 20 ? ", …" : "")}.");
        }
    }
}
