using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Diffusion.Tuning;

namespace MicroWorld.Evaluation;

/// <summary>Set-up of the ablation.</summary>
internal sealed record AblationOptions
{
    /// <summary>Tuning with far fewer steps than published, so at a larger rate.</summary>
    public static readonly TextEncoderTuningOptions DefaultTuning = new()
    {
        Iterations = 80,
        BatchSize = 8,
        LearningRate = 3e-5,
        LastSteps = 3,
        Sampling = Generation.Sampling with { Steps = 12 },
    };

    public required string Clip { get; init; }

    public required string Diffusion { get; init; }

    /// <summary>Folder that keeps the generated pool.</summary>
    public required string Work { get; init; }

    /// <summary>Part of the names of the variants to measure; empty for all.</summary>
    public string Only { get; init; } = "";

    /// <summary>Side of the images that the classifier takes, in pixels; null for CLIP's own. The judge stays at CLIP's own.</summary>
    public int? Size { get; init; }

    /// <summary>Whether the sealed test set is scored as well: at the end, of a recipe that no longer changes.</summary>
    public bool Sealed { get; init; }

    public IReadOnlyList<int> Seeds { get; init; } = [1, 2, 3];

    /// <summary>Pictures that are generated.</summary>
    public int PoolSize { get; init; } = 1280;

    /// <summary>Synthetic pictures that a run trains on, filtered or not, half of them of one object and half of two.</summary>
    public int SyntheticCount { get; init; } = 500;

    public int ContextTokens { get; init; } = 8;

    /// <summary>The recipe of the text encoder's tuning.</summary>
    public TextEncoderTuningOptions Tuning { get; init; } = DefaultTuning;

    /// <summary>
    /// The recipe; chosen on the seen labels of the validation pictures. Contexts start at random, where their gradient is
    /// a hundred times its later size, so steps are limited.
    /// </summary>
    public FusionTrainingOptions Training { get; init; } = new()
    {
        Epochs = 8,
        LearningRate = 3e-3,
        FusionLearningRate = 3,
        MaxGradientNorm = 2,
        WarmupEpochs = 0,
        SyntheticWeight = 3,
        Cutout = false,
        RandAugment = false,
    };
}
