using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ZsMlc.MLNet.Interop;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>
/// Makes training images of the unseen labels by a diffusion model or an image service, into a store that later runs and other processes go
/// on with.
/// </summary>
/// <remarks>
/// Input: a column of images and one of labels, Vector&lt;Text&gt; or Vector&lt;Single&gt; with slot names. In training
/// the output has the images behind the input's rows, and the columns <c>IsSynthetic</c> (Boolean) and <c>Prompt</c>
/// (Text). Messages in <c>MLContext.Log</c> have the source <c>SyntheticUnseenDataEstimator</c>. The device is that of <c>MLContext.GpuDeviceId</c> and <c>FallbackToCpu</c>.
/// </remarks>
public sealed class SyntheticUnseenDataEstimator : IEstimator<SyntheticUnseenDataTransformer>
{
    private readonly IHostEnvironment _environment;
    private readonly SyntheticUnseenDataOptions _options;

    // A chain asks for the schema and then fits, in one call: what it asked for is what it fits. The first fit uses it up.
    private readonly AsyncLocal<RowsToCome?> _rows = new();

    internal SyntheticUnseenDataEstimator(IHostEnvironment environment, SyntheticUnseenDataOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (_environment, _options) = (environment, options);
    }

    /// <summary>Checks what the steps behind it asked for, tunes the text encoder if asked to, and makes the images that the store lacks.</summary>
    /// <param name="input">The real rows. In a chain with a trainer behind, their labels are read once, before the first image is made; images are never read.</param>
    /// <returns>The generator; dispose it when it was loaded from a file.</returns>
    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    /// <exception cref="FileNotFoundException">A model does not exist.</exception>
    /// <exception cref="Store.StoreMismatchException">The store was made with other options; the message names them.</exception>
    /// <exception cref="InvalidOperationException">The GPU does not exist, or a shard comes before the tuning.</exception>
    /// <exception cref="IOException">The store cannot be written, as when the disk is full; it stays valid.</exception>
    /// <exception cref="Services.ImageServiceException">The image service refuses to work, or fails again and again; the store keeps what came.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled; the store keeps what was done.</exception>
    public SyntheticUnseenDataTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        Check(Shapes.Of(input.Schema));
        Columns.Labels(input.Schema, _options.LabelColumn, nameof(_options.LabelColumn));
        var rows = _rows.Value;
        _rows.Value = null;
        rows?.Check(input, LeastImages);
        using var cancellation = new HostCancellation(_environment, nameof(SyntheticUnseenDataEstimator), _options.CancellationToken);
        _options.CancellationToken.ThrowIfCancellationRequested();

        // The store states the precision that was used, so that one begun on a CPU does not go on in another on a GPU unnoticed.
        var options = _options with
        {
            CancellationToken = cancellation.Token,
            Precision = _options.Source.Precision(_options, _environment.Device(nameof(SyntheticUnseenDataEstimator))),
        };
        var settings = GenerationSettings.Of(options, options.Seed ?? _environment.Seed() ?? 0);
        var (fitted, prompts, encoder) = new GenerationRun(_environment, options, settings).Execute();
        return new(fitted, prompts, encoder);
    }

    /// <summary>
    /// Checks all that is known before there are rows: columns, device, disk space and the models' files (no weights are
    /// read); tells which columns training adds, and to the steps behind which labels the images will have. A chain does so
    /// before it fits its first link.
    /// </summary>
    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    /// <exception cref="FileNotFoundException">A model does not exist.</exception>
    /// <exception cref="NotSupportedException">The diffusion model is of another kind.</exception>
    /// <exception cref="Torch.Checkpoints.CheckpointFormatException">A model is damaged.</exception>
    /// <exception cref="InvalidOperationException">The GPU does not exist.</exception>
    /// <exception cref="IOException">The images will not fit on the disk of the store.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        Check(inputSchema);
        var labels = inputSchema.Find(_options.LabelColumn)!.Value.ItemType is TextDataViewType
            ? Shapes.VariableVector(_options.LabelColumn, TextDataViewType.Instance)
            : Shapes.Vector(_options.LabelColumn, NumberDataViewType.Single, slotNames: true);
        return inputSchema.With(
            labels.With(_rows.Value = Promise()),
            Shapes.Scalar(_options.SyntheticColumn, BooleanDataViewType.Instance),
            Shapes.Scalar(_options.PromptColumn, TextDataViewType.Instance));
    }

    private void Check(SchemaShape shape)
    {
        Columns.CheckImage(shape, _options.ImageColumn, nameof(_options.ImageColumn));
        Columns.CheckLabels(shape, _options.LabelColumn, nameof(_options.LabelColumn));
        Columns.CheckScalar(shape, _options.SyntheticColumn, nameof(_options.SyntheticColumn), BooleanDataViewType.Instance);
        Columns.CheckScalar(shape, _options.PromptColumn, nameof(_options.PromptColumn), TextDataViewType.Instance);
        _environment.CheckDevice();
        GenerationModels.Check(_options, LeastImages);
    }

    // An image shows several labels at best.
    private long LeastImages => (long)_options.ImagesPerLabel * _options.Labels.Unseen.Count / _options.LabelsPerImage;

    private RowsToCome Promise()
    {
        var unseen = _options.Labels.Unseen;
        return new(unseen, [.. _options.Hierarchy.WithAncestors(unseen).Except(unseen).Where(_options.Labels.Contains)], $"{nameof(SyntheticUnseenDataOptions)}.{nameof(_options.Labels)}");
    }
}
