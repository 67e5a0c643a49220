using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using TorchSharp;
using ZsMlc.MLNet.Interop;
using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.MLNet.Classification;

/// <summary>
/// Trains the fusion classifier on images with several labels each. Labels without a training image are scored by their
/// names, and learnt from where the data has synthetic images of them.
/// </summary>
/// <remarks>
/// Input: a column of images and one of labels, Vector&lt;Text&gt; (the names that apply) or Vector&lt;Single&gt; with slot
/// names (1 present, 0 absent, NaN unknown); optionally a Boolean column that marks synthetic rows.
/// Output: <c>Score</c>, Vector&lt;Single&gt; of probabilities with the labels as slot names, and <c>PredictedLabels</c>,
/// Vector&lt;Text&gt;, annotated as ML.NET annotates scores (kind MulticlassClassification, the nearest that it has; they do not
/// sum to one). Messages in <c>MLContext.Log</c> have the source <c>FusionMultiLabelTrainer</c>. The device is that of <c>MLContext.GpuDeviceId</c> and <c>FallbackToCpu</c>.
/// </remarks>
public sealed class FusionMultiLabelTrainer : IEstimator<FusionMultiLabelTransformer>
{
    private readonly IHostEnvironment _environment;
    private readonly FusionMultiLabelOptions _options;

    internal FusionMultiLabelTrainer(IHostEnvironment environment, FusionMultiLabelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (_environment, _options) = (environment, options);
    }

    /// <summary>
    /// Trains a model. The images are kept at the network's resolution in a temporary file of 3·S² bytes an image (150 kB
    /// at 224²) in <c>MLContext.TempFilePath</c>.
    /// </summary>
    /// <param name="input">Images and labels; read once.</param>
    /// <returns>The model; dispose it to free its memory at once.</returns>
    /// <exception cref="ArgumentException">A column is missing or of another type, or the CLIP model is unfit.</exception>
    /// <exception cref="FileNotFoundException">There is no CLIP model at the path.</exception>
    /// <exception cref="InvalidOperationException">There are no rows, a label is not in the set, or the GPU does not exist.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled and is not to return the best model so far.</exception>
    public FusionMultiLabelTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        Check(Shapes.Of(input.Schema));
        using var memory = KeptMemory.Run();
        using var cancellation = new HostCancellation(_environment, nameof(FusionMultiLabelTrainer), _options.CancellationToken);

        // A run that may be resumed has to draw the same order again.
        var seed = _options.Seed ?? _options.Training.GivenSeed ?? _environment.Seed() ?? (_options.Training.CheckpointPath is null ? Random.Shared.Next() : 0);
        var device = _environment.Device(nameof(FusionMultiLabelTrainer));
        var clip = ClipModel.FromPretrained(_options.Clip, device);
        FusionClassifier? classifier = null;
        try
        {
            using var generator = new Generator(unchecked((ulong)seed), CPU);
            classifier = FusionClassifier.Create(clip, _options.Labels.All, _options.Network, generator);
            classifier.ComputeType = _options.Precision;
            using var rows = TrainingData.Read(_environment, input, _options with { CancellationToken = cancellation.Token }, classifier.InputSize);
            var (train, validation) = Split(rows, seed);
            _environment.Info(nameof(FusionMultiLabelTrainer), $"{train.Count} training rows, {validation?.Count ?? 0} validation rows, {_options.Labels}, on {device}.");
            var result = FusionClassifierTrainer.Fit(classifier, _options.Training with { Seed = seed }, train, validation, new Messages(_environment, _options.Progress), cancellation.Token);
            classifier.Complete(_options.HalfPrecision ? ScalarType.Float16 : ScalarType.Float32, _options.IncludeTextEncoder);
            classifier.Views = _options.Views;
            Calibrate(classifier, validation, _options.Training.ReturnBestOnCancel ? default : cancellation.Token);
            classifier.Own(clip);
            return new(classifier, FusionSettings.Of(_options), result);
        }
        catch
        {
            classifier?.Dispose();
            clip.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Checks all that is known before there are rows: columns, device, the files of the CLIP model (no weights are read) and
    /// the labels against those of a generator in front. A chain does so before it fits its first link; the labels of the
    /// rows and the disk space are then looked at before the generator makes its first image.
    /// </summary>
    /// <exception cref="ArgumentException">A column is missing or of another type, the CLIP model is unfit, or <see cref="FusionMultiLabelOptions.Labels"/> lacks a label.</exception>
    /// <exception cref="FileNotFoundException">There is no CLIP model at the path.</exception>
    /// <exception cref="Torch.Checkpoints.CheckpointFormatException">The CLIP model is damaged.</exception>
    /// <exception cref="InvalidOperationException">The GPU does not exist.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        var size = Check(inputSchema);
        if (inputSchema.Find(_options.LabelColumn)!.Value.RowsToCome() is { } rows)
        {
            TrainingLabels.Check(rows, _options);
            rows.CheckFirst((view, toCome) => TrainingLabels.Check(view, toCome, _environment.TemporaryFolder(), _options, size));
        }

        return inputSchema.With(
            ScoreAnnotations.ScoresShape(_options.ScoreColumn),
            ScoreAnnotations.PredictedLabelsShape(_options.PredictedLabelsColumn));
    }

    /// <returns>The side of the images that the network takes.</returns>
    private int Check(SchemaShape shape)
    {
        Columns.CheckImage(shape, _options.ImageColumn, nameof(_options.ImageColumn));
        Columns.CheckLabels(shape, _options.LabelColumn, nameof(_options.LabelColumn));
        Columns.CheckScalar(shape, _options.SyntheticColumn, nameof(_options.SyntheticColumn), BooleanDataViewType.Instance);
        _environment.CheckDevice();
        return ModelOption.Check($"{nameof(FusionMultiLabelOptions)}.{nameof(_options.Clip)}", () =>
        {
            var (config, tokenizer) = ClipModel.Look(_options.Clip);
            FusionClassifier.Check(config, tokenizer, _options.Labels.All, _options.Network);
            return _options.Network.InputSize ?? config.Vision.ImageSize;
        });
    }

    // Synthetic rows are never held out: a score on them says little about photos.
    private (ITrainingRows Train, ITrainingRows? Validation) Split(TrainingCache rows, int seed)
    {
        var real = Enumerable.Range(0, rows.Count).Where(r => !rows.IsSynthetic(r)).ToArray();
        var held = (int)Math.Round(_options.ValidationFraction * real.Length);
        if (_options.ValidationFraction == 0)
        {
            return (rows, null);
        }

        if (held == 0 || held == rows.Count)
        {
            throw new InvalidOperationException($"{nameof(_options.ValidationFraction)} {_options.ValidationFraction} of {real.Length} real rows is {held}; expected 1 row or more on either side. Use more data, another fraction, or 0 for none.");
        }

        new Random(seed).Shuffle(real);
        var validation = real[..held].Order().ToArray();
        return (new TrainingSubset(rows, [.. Enumerable.Range(0, rows.Count).Except(validation)]), new TrainingSubset(rows, validation));
    }

    private void Calibrate(FusionClassifier classifier, ITrainingRows? heldOut, CancellationToken cancellation)
    {
        if (_options.Calibration is { } options && heldOut is not null && !classifier.Calibrate(heldOut, options, _options.ScoringBatchSize, cancellation))
        {
            _environment.Warning(nameof(FusionMultiLabelTrainer), $"Scores are not calibrated: of the {heldOut.Count} held-out rows, none has any label of the set, or none lacks one. Use more data or a larger {nameof(_options.ValidationFraction)}.");
        }
    }

    private sealed class Messages(IHostEnvironment environment, IProgress<TrainingProgress>? next) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            next?.Report(value);
            if (value.Step == value.Steps)
            {
                environment.Info(nameof(FusionMultiLabelTrainer), string.Create(System.Globalization.CultureInfo.InvariantCulture,
                    $"Epoch {value.Epoch} of {value.Epochs}: loss {value.Loss:g4}{(value.ValidationScore is { } score ? $", validation mAP {100 * score:f2}" : "")}{(value.SkippedSteps > 0 ? $", {value.SkippedSteps} steps left out" : "")}."));
            }
        }
    }
}
