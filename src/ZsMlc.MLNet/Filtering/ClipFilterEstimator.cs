using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ZsMlc.MLNet.Interop;
using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.MLNet.Filtering;

/// <summary>
/// Makes a <see cref="ClipFilterTransformer"/>: CLIP judges synthetic images by the grouping softmax over the candidate
/// labels, and those that do not show their labels are dropped.
/// </summary>
/// <remarks>
/// Input: a column of images and one of labels, Vector&lt;Text&gt; (the names that apply) or Vector&lt;Single&gt; with slot
/// names (1 present); optionally a Boolean column that marks synthetic rows. A judged row may have candidate labels, and
/// labels that these imply. A row without labels is dropped. Output: the kept rows; where pseudo-labels or a hierarchy are
/// given, with further labels (in a Vector&lt;Single&gt;, those that have a slot); and V where asked for. The device is
/// that of <c>MLContext.GpuDeviceId</c> and <c>FallbackToCpu</c>.
/// </remarks>
public sealed class ClipFilterEstimator : IEstimator<ClipFilterTransformer>
{
    private readonly IHostEnvironment _environment;
    private readonly ClipFilterOptions _options;

    internal ClipFilterEstimator(IHostEnvironment environment, ClipFilterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (_environment, _options) = (environment, options);
    }

    /// <summary>Checks columns and model; nothing is judged yet.</summary>
    /// <param name="input">Images and labels; their rows are not read.</param>
    /// <returns>The filter; dispose it to free its CLIP model at once.</returns>
    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    /// <exception cref="FileNotFoundException">There is no CLIP model at the path.</exception>
    /// <exception cref="CheckpointFormatException">The CLIP model is damaged.</exception>
    public ClipFilterTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        Check(Shapes.Of(input.Schema));
        var settings = ClipFilterSettings.Of(_options, CheckpointFingerprint.Compute(_options.Clip));
        return new(_environment, settings, new(_environment, settings), _options.CancellationToken);
    }

    /// <summary>Checks columns and model, and tells which columns the filter will add.</summary>
    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    /// <exception cref="FileNotFoundException">There is no CLIP model at the path.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        Check(inputSchema);
        List<SchemaShape.Column> added = [];
        if ((_options.PseudoLabelThreshold is not null || _options.Hierarchy.Parents.Count > 0) && inputSchema.Find(_options.LabelColumn)!.Value.ItemType is TextDataViewType)
        {
            added.Add(Shapes.VariableVector(_options.LabelColumn, TextDataViewType.Instance));
        }

        if (_options.ScoresColumn is { } scores)
        {
            added.Add(Shapes.Vector(scores, NumberDataViewType.Single, slotNames: true));
        }

        return inputSchema.With([.. added]);
    }

    // A chain asks for the schema before its first link works: what is wrong here shows before anything is generated.
    private void Check(SchemaShape shape)
    {
        Columns.CheckImage(shape, _options.ImageColumn, nameof(_options.ImageColumn));
        Columns.CheckLabels(shape, _options.LabelColumn, nameof(_options.LabelColumn));
        Columns.CheckScalar(shape, _options.SyntheticColumn, nameof(_options.SyntheticColumn), BooleanDataViewType.Instance);
        FilterJudge.Check(_options.Clip);
    }
}
