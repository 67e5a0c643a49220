using System.Reflection;
using Microsoft.ML.Runtime;
using ZsMlc.MLNet.Classification;
using ZsMlc.MLNet.Evaluation;
using ZsMlc.MLNet.Interop;
using ZsMlc.Torch.Checkpoints;

namespace Microsoft.ML;

/// <summary>Brings <c>ml.MultiLabelClassification</c>.</summary>
public static class MLContextExtensions
{
    extension(MLContext context)
    {
        /// <summary>Gets trainers and evaluation for images that may have several labels.</summary>
        public MultiLabelClassificationCatalog MultiLabelClassification => new(context);
    }
}

/// <summary>Trainers and evaluation for images that may have several labels.</summary>
public sealed class MultiLabelClassificationCatalog
{
    private readonly MLContext _context;

    internal MultiLabelClassificationCatalog(MLContext context) => (_context, Trainers) = (context, new(context));

    /// <summary>Gets the trainers.</summary>
    public MultiLabelTrainers Trainers { get; }

    /// <summary>
    /// Loads the classifier out of a saved model, whose other steps are left out. Before anything is made of it, every byte
    /// of the file is compared with its checksums: the archive's CRC-32 of each entry, and the SHA-256 of the settings and
    /// weights, which models of version 0.1.0 lack (a warning in <c>MLContext.Log</c> says so).
    /// </summary>
    /// <param name="path">A file that <see cref="Save"/> or <c>ml.Model.Save</c> wrote.</param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="CheckpointFormatException">The file is damaged, of a newer version, or holds a model of another kind; the message names it.</exception>
    /// <exception cref="InvalidOperationException">The GPU does not exist and <c>FallbackToCpu</c> is false.</exception>
    /// <exception cref="DllNotFoundException">The native libtorch cannot be loaded.</exception>
    public FusionMultiLabelTransformer Load(string path) => Read(path, archive => FusionMultiLabelTransformer.Load(_context, archive));

    /// <summary>
    /// Loads a whole saved model like <c>ml.Model.Load</c>, but compares every entry of the file with its CRC-32 first, reads
    /// the schema and the steps' headers in a way that cannot hang, and fails with the cause instead of two exceptions around
    /// it. The steps of ML.NET itself are read by ML.NET, which trusts what they hold behind their headers.
    /// </summary>
    /// <param name="path">A file that <see cref="Save"/> or <c>ml.Model.Save</c> wrote.</param>
    /// <param name="inputSchema">The schema of the rows that the model takes.</param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="CheckpointFormatException">The file is damaged, or a step cannot be loaded; the message names the file.</exception>
    /// <exception cref="InvalidOperationException">The GPU does not exist and <c>FallbackToCpu</c> is false.</exception>
    /// <exception cref="DllNotFoundException">The native libtorch cannot be loaded.</exception>
    public ITransformer LoadChain(string path, out DataViewSchema inputSchema)
    {
        var (model, schema) = Read(path, archive =>
        {
            archive.CheckAll(_context);
            return (_context.Model.Load(archive.Rewound(), out var found), found);
        });
        inputSchema = schema;
        return model;
    }

    /// <summary>Saves a model like <c>ml.Model.Save</c>; readers see the old file or the whole new one, never a part.</summary>
    /// <param name="model">The model: a classifier, or a chain with one.</param>
    /// <param name="inputSchema">The schema of the rows that the model takes.</param>
    /// <param name="path">Path of the file, or of a link to it, which stays; an existing one is replaced once the new one is whole and on the disk, and untouched when that fails.</param>
    /// <exception cref="IOException">The file cannot be written, or there is a pipe, socket, device or folder.</exception>
    public void Save(ITransformer model, DataViewSchema inputSchema, string path)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(inputSchema);
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.Write(path, stream => _context.Model.Save(model, inputSchema, stream));
    }

    /// <summary>Measures scores against labels.</summary>
    /// <param name="data">Rows with scores and labels, usually <c>model.Transform(test)</c>.</param>
    /// <param name="labels">Labels to measure and to rank among: the unseen ones for zero-shot, all of them for generalised zero-shot. Default: all that the model scores.</param>
    /// <param name="topK">Number K of labels predicted for a row in P@K, R@K and F1@K, 1 or more.</param>
    /// <param name="threshold">Least score of a predicted label in the measures at thresholds, 0 to 1. Default: the model's own for each label, which the column of scores carries as the annotation <c>Thresholds</c>; 0.5 where it carries none.</param>
    /// <param name="labelColumn">Labels: Vector&lt;Text&gt; (labels not listed are absent), or Vector&lt;Single&gt; with slot names (NaN entries are left out).</param>
    /// <param name="scoreColumn">Scores: Vector&lt;Single&gt; with slot names.</param>
    /// <exception cref="ArgumentException">A column is missing or of another type, or the model does not score a label.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="topK"/> or <paramref name="threshold"/> is out of its range.</exception>
    /// <exception cref="InvalidOperationException">There are no rows.</exception>
    public MultiLabelMetrics Evaluate(IDataView data, IReadOnlyList<string>? labels = null, int topK = 3, double? threshold = null, string labelColumn = "Labels", string scoreColumn = "Score") =>
        MultiLabelEvaluator.Evaluate(_context, data, labels, topK, threshold, labelColumn, scoreColumn);

    /// <summary>Fits and measures an estimator once a fold, as the <c>CrossValidate</c> of ML.NET's own catalogs does.</summary>
    /// <param name="data">Labelled rows. The folds are of the real rows; rows that <paramref name="syntheticColumn"/> marks as synthetic help to train every fold and are never measured on.</param>
    /// <param name="estimator">A trainer, or a chain with one. The folds share the image store of a generator in it: the first one fills it. A trainer with a <c>CheckpointPath</c> would take up the training of the fold before; leave it null.</param>
    /// <param name="numberOfFolds">Number of folds, 2 or more.</param>
    /// <param name="labels">Labels to measure, as in <see cref="Evaluate"/>; labels without a positive in a fold count in none of its means.</param>
    /// <param name="topK">As in <see cref="Evaluate"/>.</param>
    /// <param name="threshold">As in <see cref="Evaluate"/>.</param>
    /// <param name="labelColumn">As in <see cref="Evaluate"/>.</param>
    /// <param name="scoreColumn">As in <see cref="Evaluate"/>.</param>
    /// <param name="syntheticColumn">Boolean column that marks synthetic rows; data without it is real.</param>
    /// <param name="samplingKeyColumnName">Rows with the same value in this column come into the same fold; <see langword="null"/> for none.</param>
    /// <param name="seed">Seed of the folds. Default: that of the MLContext.</param>
    /// <returns>Models, scored rows and measures of the folds, with mean and standard deviation; dispose it to free the models.</returns>
    /// <exception cref="ArgumentException">A column is missing or of another type, or a number is out of its range.</exception>
    /// <exception cref="InvalidOperationException">A fold has no rows: there are too few for so many folds.</exception>
    public MultiLabelCrossValidation CrossValidate(
        IDataView data, IEstimator<ITransformer> estimator, int numberOfFolds = 5, IReadOnlyList<string>? labels = null, int topK = 3, double? threshold = null,
        string labelColumn = "Labels", string scoreColumn = "Score", string syntheticColumn = "IsSynthetic", string? samplingKeyColumnName = null, int? seed = null) =>
        CrossValidator.Run(_context, data, estimator, numberOfFolds, syntheticColumn, samplingKeyColumnName, seed, scored => Evaluate(scored, labels, topK, threshold, labelColumn, scoreColumn));

    private T Read<T>(string path, Func<ModelArchive, T> read)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        // What is wrong with the machine is found first; what is wrong afterwards is wrong with the file.
        ((IHostEnvironment)_context).CheckDevice();
        using var archive = ModelArchive.Open(path);
        try
        {
            return read(archive);
        }
        catch (Exception e) when (e is not OutOfMemoryException && (e as CheckpointFormatException)?.Path != path)
        {
            var cause = e;
            while (cause is TargetInvocationException { InnerException: { } inner })
            {
                cause = inner;
            }

            throw new CheckpointFormatException(path, cause.Message, cause);
        }
    }
}

/// <summary>The trainers of <c>ml.MultiLabelClassification.Trainers</c>.</summary>
public sealed class MultiLabelTrainers
{
    private readonly IHostEnvironment _environment;

    internal MultiLabelTrainers(IHostEnvironment environment) => _environment = environment;

    /// <summary>The fusion classifier: CLIP with learnt prompts and a fused global branch, for seen and unseen labels.</summary>
    /// <param name="options">Labels, CLIP model and recipe.</param>
    /// <exception cref="ArgumentException">An option is missing or out of its range; the message names it.</exception>
    public FusionMultiLabelTrainer FusionMultiLabel(FusionMultiLabelOptions options) => new(_environment, options);

    /// <summary>
    /// Chooses <see cref="ZsMlc.Torch.Classification.FusionClassifierOptions.InputSize"/>: trains once a size and compares the mAP on held-out real rows, so
    /// on the seen labels. Small objects ask for a larger input, which costs time and memory with its square.
    /// </summary>
    /// <param name="data">Rows as for <see cref="FusionMultiLabelTrainer.Fit"/>, read once a size.</param>
    /// <param name="options">Labels, CLIP model and recipe; <see cref="FusionMultiLabelOptions.ValidationFraction"/> must be above 0. Fewer epochs than for the final model usually suffice. No checkpoint is written.</param>
    /// <param name="sizes">The sides to compare, in pixels, such as 224, 336, 448.</param>
    /// <exception cref="ArgumentException">A size does not fit the image tower, there is none, no rows are held out, or an option is out of its range; found before the first training.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public InputSizeChoice ChooseInputSize(IDataView data, FusionMultiLabelOptions options, params IReadOnlyList<int> sizes)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(sizes);
        return InputSizeChoice.Make(_environment, data, options, sizes);
    }
}
