using Microsoft.ML.Runtime;
using ZsMlc.MLNet.Classification;
using ZsMlc.MLNet.Evaluation;

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
    /// Loads the classifier out of a saved model, whose other steps are left out. For all steps, use <c>ml.Model.Load</c>.
    /// </summary>
    /// <param name="path">A file that <c>ml.Model.Save</c> wrote.</param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="FormatException">The file is damaged, or holds a model of another kind; the message names it.</exception>
    public FusionMultiLabelTransformer Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var stream = File.OpenRead(path);
        ITransformer model;
        try
        {
            model = _context.Model.Load(stream, out _);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new FormatException($"{path} ({stream.Length} bytes) is not a saved ML.NET model, or it is damaged: {e.Message}", e);
        }

        var steps = model is IEnumerable<ITransformer> chain ? chain.ToList() : [model];
        return steps.OfType<FusionMultiLabelTransformer>().LastOrDefault()
            ?? throw new FormatException($"{path} holds no fusion classifier. It holds: {string.Join(", ", steps.Select(s => s.GetType().Name))}.");
    }

    /// <summary>Measures scores against labels.</summary>
    /// <param name="data">Rows with scores and labels, usually <c>model.Transform(test)</c>.</param>
    /// <param name="labels">Labels to measure and to rank among: the unseen ones for zero-shot, all of them for generalised zero-shot. Default: all that the model scores.</param>
    /// <param name="topK">Number K of labels predicted for a row in P@K, R@K and F1@K, 1 or more.</param>
    /// <param name="threshold">Least score of a predicted label in the measures at a threshold, 0 to 1.</param>
    /// <param name="labelColumn">Labels: Vector&lt;Text&gt; (labels not listed are absent), or Vector&lt;Single&gt; with slot names (NaN entries are left out).</param>
    /// <param name="scoreColumn">Scores: Vector&lt;Single&gt; with slot names.</param>
    /// <exception cref="ArgumentException">A column is missing or of another type, or the model does not score a label.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="topK"/> or <paramref name="threshold"/> is out of its range.</exception>
    /// <exception cref="InvalidOperationException">There are no rows.</exception>
    public MultiLabelMetrics Evaluate(IDataView data, IReadOnlyList<string>? labels = null, int topK = 3, double threshold = 0.5, string labelColumn = "Labels", string scoreColumn = "Score") =>
        MultiLabelEvaluator.Evaluate(_context, data, labels, topK, threshold, labelColumn, scoreColumn);
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
}
