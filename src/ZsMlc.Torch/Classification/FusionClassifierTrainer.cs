using TorchSharp;
using ZsMlc.Torch.Classification.Augmentation;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Classification;

/// <summary>Trains the contexts and fusion branches of a classifier.</summary>
public sealed class FusionClassifierTrainer
{
    private const int SkipsInARow = 20;

    private readonly FusionClassifier _classifier;
    private readonly FusionTrainingOptions _options;
    private readonly LearningRateSchedule _schedule;
    private double _contextRate, _fusionRate;
    private int _skipsInARow;

    private FusionClassifierTrainer(FusionClassifier classifier, FusionTrainingOptions options)
    {
        (_classifier, _options) = (classifier, options);
        _schedule = new(options.Epochs, options.WarmupEpochs, options.WarmupLearningRate);
    }

    /// <summary>Trains a classifier in place. On a CPU the same seed, rows and number of threads give the same weights, also across an interruption; a GPU sums in an order that changes from run to run, so there they agree to rounding only.</summary>
    /// <param name="classifier">The classifier.</param>
    /// <param name="options">The recipe.</param>
    /// <param name="train">Rows to learn from.</param>
    /// <param name="validation">Rows to choose the best epoch by, or null for the last epoch.</param>
    /// <param name="progress">Told after every step, or null.</param>
    /// <param name="cancellation">Ends the run after the current step.</param>
    /// <exception cref="ArgumentException">There are no rows, or an option is out of range.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled and <see cref="FusionTrainingOptions.ReturnBestOnCancel"/> is false.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">The checkpoint is damaged; the classifier is then unchanged.</exception>
    /// <exception cref="InvalidOperationException">Losses are not finite many times in a row, or the checkpoint is of another run.</exception>
    public static FusionTrainingResult Fit(FusionClassifier classifier, FusionTrainingOptions options, ITrainingRows train, ITrainingRows? validation = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        options.Validate();
        if (train.Count == 0)
        {
            throw new ArgumentException("There are no training rows.", nameof(train));
        }

        using var memory = KeptMemory.Run();
        return new FusionClassifierTrainer(classifier, options).Run(train, validation is { Count: > 0 } ? validation : null, progress, cancellation);
    }

    private FusionTrainingResult Run(ITrainingRows train, ITrainingRows? validation, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        using var sgd = new MomentumSgd(
            _classifier.ContextParameters().Select(p => (p.Name, (Tensor)p.Parameter, (Func<double>)(() => _contextRate)))
                .Concat(_classifier.FusionParameters().Select(p => (p.Name, (Tensor)p.Parameter, (Func<double>)(() => _fusionRate)))),
            _options.Momentum,
            _options.WeightDecay);
        using var state = new TrainingState(_classifier, sgd, Fingerprint(train, validation));
        if (_options.CheckpointPath is { } path && File.Exists(path))
        {
            state.Load(path, _options.Epochs);
        }

        var cancelled = false;
        try
        {
            while (state.Losses.Count < _options.Epochs && !HasStalled(state))
            {
                Epoch(train, validation, sgd, state, progress, cancellation);
                if (_options.CheckpointPath is { } file)
                {
                    state.Save(file);
                }
            }
        }
        catch (OperationCanceledException) when (_options.ReturnBestOnCancel && state.BestEpoch > 0)
        {
            cancelled = true;
        }
        finally
        {
            _classifier.Freeze();
            _classifier.ForgetTextFeatures();
            _classifier.ForgetFastTower();
        }

        if (state.BestEpoch > 0)
        {
            state.RestoreBest();
        }

        return new(state.Losses, state.Scores, state.BestEpoch, state.Skipped, cancelled);
    }

    private bool HasStalled(TrainingState state) =>
        _options.Patience > 0 && state.Scores.Count > 0 && state.Scores.Count - state.BestEpoch >= _options.Patience;

    private void Epoch(ITrainingRows train, ITrainingRows? validation, MomentumSgd sgd, TrainingState state, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var epoch = state.Losses.Count;
        _classifier.Freeze(train: true);
        var batches = Batches(train, epoch);
        var (sum, rows) = (0.0, 0);
        for (var i = 0; i < batches.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            SetRates(epoch, _options.SeparatePasses && train.IsSynthetic(batches[i][0]));
            var loss = Step(train, batches[i], epoch, sgd);
            if (loss is { } value)
            {
                (sum, rows, _skipsInARow) = (sum + value, rows + batches[i].Count, 0);
            }
            else
            {
                state.Skipped++;
                if (++_skipsInARow >= SkipsInARow)
                {
                    throw new InvalidOperationException($"The loss or its gradient was not a finite number {SkipsInARow} steps in a row (epoch {epoch + 1}). Lower LearningRate or FusionLearningRate, or check the images and the CLIP weights.");
                }
            }

            if (i + 1 < batches.Count)
            {
                progress?.Report(new(epoch + 1, _options.Epochs, i + 1, batches.Count, rows == 0 ? double.NaN : sum / rows, _contextRate, null, state.Skipped));
            }
        }

        var mean = rows == 0 ? double.NaN : sum / rows;
        state.Losses.Add(mean);
        double? score = null;
        if (validation is not null)
        {
            _classifier.Freeze();
            score = Validate(validation, cancellation);
            if (state.Scores.Count == 0 || double.IsNaN(state.Scores.Max()) || score > state.Scores.Max())
            {
                state.KeepBest();
            }

            state.Scores.Add(score.Value);
        }
        else
        {
            state.KeepBest();
        }

        progress?.Report(new(epoch + 1, _options.Epochs, batches.Count, batches.Count, mean, _contextRate, score, state.Skipped));
    }

    private void SetRates(int epoch, bool syntheticPass)
    {
        double Rate(double baseRate) => _options.PublishedSchedule ? _schedule.PublishedRate(baseRate, epoch, syntheticPass) : _schedule.Rate(baseRate, epoch);
        (_contextRate, _fusionRate) = (Rate(_options.LearningRate), Rate(_options.FusionLearningRate));
    }

    /// <summary>One step; null when it was left out because a number was not finite.</summary>
    private double? Step(ITrainingRows train, IReadOnlyList<int> rows, int epoch, MomentumSgd sgd)
    {
        using var scope = NewDisposeScope();
        var images = Augmented(HostBatch.To(train.Images(rows), _classifier.Device), rows, epoch);
        var targets = HostBatch.To(train.Targets(rows), _classifier.Device);
        Tensor? weights = _options.SyntheticWeight == 1 ? null
            : tensor(rows.Select(r => train.IsSynthetic(r) ? (float)_options.SyntheticWeight : 1f).ToArray(), device: _classifier.Device).unsqueeze(1);

        sgd.ZeroGradients();
        var texts = _classifier.TextFeatures();
        var leaf = texts.detach().requires_grad_(texts.requires_grad);
        var value = 0.0;
        foreach (var (start, count) in Parts(rows.Count))
        {
            // The loss is a sum over rows, so its gradient is the sum of the parts'; the texts' is taken once, behind them.
            using var part = NewDisposeScope();
            var logits = _classifier.Logits(_classifier.Preprocessor.Normalize(images.narrow(0, start, count)), leaf).to(ScalarType.Float32);
            var loss = _options.Loss.Pair(logits, targets.narrow(0, start, count), weights?.narrow(0, start, count));
            value += loss.item<float>();
            if (!double.IsFinite(value))
            {
                return null;
            }

            GradientFunction.Backward(loss * _options.LossScale);
        }

        if (leaf.grad is { } gradient)
        {
            texts.backward([gradient]);
        }

        if (!sgd.GradientsAreFinite())
        {
            return null;
        }

        if (_options.MaxGradientNorm is { } limit)
        {
            sgd.LimitGradients(limit);
        }

        sgd.Step();
        return value;
    }

    /// <summary>The rows that go through the network at a time; all where a branch normalises by the statistics of its batch.</summary>
    private IReadOnlyList<(long Start, long Count)> Parts(long rows) =>
        _classifier.Options.Norm == FusionNorm.BatchNorm ? [(0, rows)] : RowParts.Of(rows, _classifier.image_encoder.ImagesAtATime(_classifier.InputSize));

    private Tensor Augmented(Tensor images, IReadOnlyList<int> rows, int epoch)
    {
        if (!_options.Cutout && !_options.RandAugment)
        {
            return images;
        }

        using var scope = NewDisposeScope();
        var changed = images.unbind(0).Select((image, i) =>
        {
            // An image's augmentation depends on seed, epoch and row alone, not on its batch.
            var random = new Random(HashCode(_options.Seed, epoch, rows[i]));
            var x = _options.RandAugment ? RandAugment.Apply(image, random) : image;
            return _options.Cutout ? Cutout.Apply(x, random) : x;
        });
        return stack(changed.ToArray(), 0).MoveToOuterDisposeScope();
    }

    private double Validate(ITrainingRows rows, CancellationToken cancellation)
    {
        _classifier.ForgetTextFeatures();
        var scored = ScoredRows.Of(rows, _classifier.Labels.Count, _classifier.Score, _options.BatchSize, cancellation);
        _classifier.ForgetTextFeatures();
        return AveragePrecision.Mean(scored.Scores, scored.Targets);
    }

    private List<IReadOnlyList<int>> Batches(ITrainingRows train, int epoch)
    {
        var order = Enumerable.Range(0, train.Count).ToArray();
        new Random(HashCode(_options.Seed, epoch, -1)).Shuffle(order);
        IEnumerable<IEnumerable<int>> passes = _options.SeparatePasses
            ? [order.Where(r => !train.IsSynthetic(r)), order.Where(train.IsSynthetic)]
            : [order];
        return passes.SelectMany(p => p.Chunk(_options.BatchSize)).ToList<IReadOnlyList<int>>();
    }

    private string Fingerprint(ITrainingRows train, ITrainingRows? validation) =>
        string.Join('|', _classifier.Labels) + $"|{_classifier.Options}|{_options with { CheckpointPath = null, ReturnBestOnCancel = false }}|{train.Count}|{validation?.Count}{(_classifier.ComputeType is { } type ? $"|{type}" : "")}";

    // A fixed mix: System.HashCode differs from process to process.
    private static int HashCode(int seed, int epoch, int row)
    {
        var h = unchecked((uint)seed * 2654435761u ^ (uint)(epoch + 1) * 40503u * 65537u ^ (uint)(row + 2) * 2246822519u);
        h ^= h >> 15;
        h = unchecked(h * 2246822519u);
        return (int)((h ^ (h >> 13)) & int.MaxValue);
    }
}
