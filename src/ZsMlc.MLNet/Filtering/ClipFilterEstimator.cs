using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ZsMlc.MLNet.Interop;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Clip;

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

    /// <summary>
    /// Checks columns, device and the files of the CLIP model (no weights are read), and the labels against those of a
    /// generator in front; tells which columns the filter will add. A chain does so before it fits its first link.
    /// </summary>
    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    /// <exception cref="FileNotFoundException">There is no CLIP model at the path.</exception>
    /// <exception cref="CheckpointFormatException">The CLIP model is damaged.</exception>
    /// <exception cref="InvalidOperationException">The GPU does not exist.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        Check(inputSchema);
        List<SchemaShape.Column> added = [];
        var labels = inputSchema.Find(_options.LabelColumn)!.Value;
        var addsLabels = _options.PseudoLabelThreshold is not null || _options.Hierarchy.Parents.Count > 0;
        if (addsLabels)
        {
            var after = labels.ItemType is TextDataViewType ? Shapes.VariableVector(_options.LabelColumn, TextDataViewType.Instance) : labels;
            added.Add(labels.RowsToCome() is { } rows ? after.With(rows.With(LabelsAddedTo(rows))) : after);
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
        _environment.CheckDevice();
        ModelOption.Check($"{nameof(ClipFilterOptions)}.{nameof(_options.Clip)}", () => ClipModel.Look(_options.Clip));
        if (shape.Find(_options.LabelColumn)!.Value.RowsToCome() is { } rows)
        {
            CheckLabels(rows);
        }
    }

    private void CheckLabels(RowsToCome rows)
    {
        if (rows.Labels.Concat(rows.Implied).FirstOrDefault(l => !_options.Labels.Contains(l)) is { } unknown)
        {
            throw new ArgumentException($"{nameof(ClipFilterOptions)}.{nameof(_options.Labels)} lacks '{unknown}', a label of the images that are going to be made ({rows.Option}).");
        }

        var candidates = _options.Candidates ?? _options.Labels.Unseen;
        if (rows.Labels.FirstOrDefault(l => !candidates.Contains(l)) is { } unjudged)
        {
            throw new ArgumentException($"{nameof(ClipFilterOptions)}.{nameof(_options.Candidates)} lack '{unjudged}', which images are going to be made of ({rows.Option}).");
        }
    }

    private IEnumerable<string> LabelsAddedTo(RowsToCome rows)
    {
        var pseudo = _options.PseudoLabelThreshold is null ? [] : _options.Candidates ?? _options.Labels.Unseen;
        return _options.Hierarchy.WithAncestors(rows.Labels.Concat(rows.Implied).Concat(pseudo).Distinct(StringComparer.Ordinal)).Where(_options.Labels.Contains);
    }
}
