namespace ZsMlc.Torch.Classification;

/// <summary>How a fusion classifier is trained.</summary>
public sealed record FusionTrainingOptions
{
    private Setting<int> _epochs = 50, _batchSize = 32, _seed = 0;
    private Setting<double> _learningRate = 0.002;

    /// <summary>Gets the number of epochs, 1 or more. Default 50.</summary>
    public int Epochs
    {
        get => _epochs.Value;
        init => _epochs = new(value, true);
    }

    /// <summary>Gets the rows of a step, 1 or more. Default 32. On a CPU the memory of activations does not grow beyond that of 16 images of 224², with a vision transformer 32: more go through the network in parts whose gradients are summed, unless <see cref="FusionNorm.BatchNorm"/> needs the batch together.</summary>
    public int BatchSize
    {
        get => _batchSize.Value;
        init => _batchSize = new(value, true);
    }

    /// <summary>Gets the learning rate of the contexts. Default 0.002.</summary>
    public double LearningRate
    {
        get => _learningRate.Value;
        init => _learningRate = new(value, true);
    }

    /// <summary>Gets the learning rate of the fusion branches. Default 1e-4.</summary>
    public double FusionLearningRate { get; init; } = 1e-4;

    /// <summary>Gets the momentum, 0 to below 1. Default 0.9.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>Gets the weight decay. Default 5e-4.</summary>
    public double WeightDecay { get; init; } = 5e-4;

    /// <summary>Gets the epochs at <see cref="WarmupLearningRate"/> before the cosine. Default 1.</summary>
    public int WarmupEpochs { get; init; } = 1;

    /// <summary>Gets the learning rate of the warm-up. Default 1e-5.</summary>
    public double WarmupLearningRate { get; init; } = 1e-5;

    /// <summary>Gets the norm that the gradients of a step, all together and after <see cref="LossScale"/>, are cut down to, above 0; null for no limit, as published. Default null.</summary>
    public double? MaxGradientNorm { get; init; }

    /// <summary>Gets the factor of the summed loss. Default 0.01.</summary>
    public double LossScale { get; init; } = 0.01;

    /// <summary>Gets the loss. Default γ⁻ 2, γ⁺ 1, clip 0.05.</summary>
    public AsymmetricLoss Loss { get; init; } = new();

    /// <summary>Gets the weight of synthetic rows in the loss, 0 or more. Default 1.</summary>
    public double SyntheticWeight { get; init; } = 1;

    /// <summary>Gets whether a square of every image is covered. Default true.</summary>
    public bool Cutout { get; init; } = true;

    /// <summary>Gets whether images are changed by RandAugment. Default true.</summary>
    public bool RandAugment { get; init; } = true;

    /// <summary>Gets whether real and synthetic rows are gone through one after the other, as published, instead of mixed. Default false.</summary>
    public bool SeparatePasses { get; init; }

    /// <summary>Gets whether the learning rate follows the published schedule (<see cref="LearningRateSchedule.PublishedRate"/>). Default false.</summary>
    public bool PublishedSchedule { get; init; }

    /// <summary>Gets the seed of order and augmentation. Default 0.</summary>
    public int Seed
    {
        get => _seed.Value;
        init => _seed = new(value, true);
    }

    /// <summary>Gets the epochs without a better validation score after which training ends; 0 never. Default 0.</summary>
    public int Patience { get; init; }

    /// <summary>Gets the file that the state is written to after every epoch and that an interrupted run goes on from, or null. Default null.</summary>
    public string? CheckpointPath { get; init; }

    /// <summary>Gets whether cancelling ends training with the best model so far instead of an exception. Default false.</summary>
    public bool ReturnBestOnCancel { get; init; }

    /// <summary>Gets the published recipe: separate passes and a schedule that moves twice an epoch.</summary>
    public static FusionTrainingOptions Published { get; } = new() { SeparatePasses = true, PublishedSchedule = true };

    /// <summary>Gets <see cref="Seed"/>, or <see langword="null"/> where nobody gave one.</summary>
    internal int? GivenSeed => _seed.IsGiven ? _seed.Value : null;

    /// <summary>The recipe with values that were given elsewhere; later on they count as defaults.</summary>
    internal FusionTrainingOptions Or(int? epochs, int? batchSize, double? learningRate, int? seed) => this with
    {
        _epochs = _epochs.Or(epochs),
        _batchSize = _batchSize.Or(batchSize),
        _learningRate = _learningRate.Or(learningRate),
        _seed = _seed.Or(seed),
    };

    /// <summary>Throws when a value differs from one that was given elsewhere; the message names both.</summary>
    /// <exception cref="ArgumentException">Two values differ.</exception>
    internal void CheckAgainst(int? epochs, int? batchSize, double? learningRate, int? seed, string parent)
    {
        _epochs.CheckAgainst(nameof(Epochs), epochs, parent);
        _batchSize.CheckAgainst(nameof(BatchSize), batchSize, parent);
        _learningRate.CheckAgainst(nameof(LearningRate), learningRate, parent);
        _seed.CheckAgainst(nameof(Seed), seed, parent);
    }

    /// <summary>Throws when a value is out of its range; the message names the option.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Epochs, 1, nameof(Epochs));
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1, nameof(BatchSize));
        ArgumentOutOfRangeException.ThrowIfNegative(WarmupEpochs, nameof(WarmupEpochs));
        ArgumentOutOfRangeException.ThrowIfNegative(Patience, nameof(Patience));
        foreach (var (name, value) in new[]
        {
            (nameof(LearningRate), LearningRate), (nameof(FusionLearningRate), FusionLearningRate), (nameof(WeightDecay), WeightDecay),
            (nameof(WarmupLearningRate), WarmupLearningRate), (nameof(SyntheticWeight), SyntheticWeight), (nameof(LossScale), LossScale), (nameof(Momentum), Momentum),
        })
        {
            OptionRange.Check(name, value, double.IsFinite(value) && value >= 0, "a number of 0 or more");
        }

        OptionRange.Check(
            nameof(MaxGradientNorm), MaxGradientNorm, MaxGradientNorm is not { } limit || (double.IsFinite(limit) && limit > 0), "a number above 0, or null for no limit");

        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(Momentum, 1, nameof(Momentum));
    }
}
