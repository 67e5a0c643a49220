using ZsMlc.Torch.Classification;

namespace MicroWorld.Evaluation;

/// <summary>Set-up of the ablation.</summary>
internal sealed record AblationOptions
{
    public required string Clip { get; init; }

    public required string Diffusion { get; init; }

    /// <summary>Folder that keeps the generated pool.</summary>
    public required string Work { get; init; }

    public IReadOnlyList<int> Seeds { get; init; } = [1, 2, 3];

    /// <summary>Pictures that are generated.</summary>
    public int PoolSize { get; init; } = 1600;

    /// <summary>Synthetic pictures that a run trains on, filtered or not.</summary>
    public int SyntheticCount { get; init; } = 800;

    public int ContextTokens { get; init; } = 4;

    /// <summary>The recipe; chosen on the seen labels of the validation pictures.</summary>
    public FusionTrainingOptions Training { get; init; } = new() { Epochs = 8, LearningRate = 0.02, FusionLearningRate = 0.01 };
}
