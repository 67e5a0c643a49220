using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Schedulers;

/// <summary>
/// Sampling of trajectory consistency distillation (Zheng et al. 2024): each prediction jumps to the next of the levels that the network
/// was distilled on. The paper's γ is 0, as in the reference's pipelines unless they are asked for another: no noise is added.
/// </summary>
public sealed class TcdScheduler : Scheduler
{
    /// <summary>Creates the scheduler.</summary>
    public TcdScheduler(SchedulerConfig config)
        : base(config)
    {
    }

    private protected override void Start(int steps) => Timesteps = NoiseTable.Distilled(Config, steps);

    /// <inheritdoc/>
    public override Tensor Step(Tensor output, int index, Tensor sample, Func<Tensor>? noise = null)
    {
        using var scope = NewDisposeScope();
        var next = AlphasCumprod[index + 1 < Timesteps.Count ? (int)Timesteps[index + 1] : 0];
        var original = PredictOriginal(output, index, sample);
        var direction = NoiseFromAlpha(output, AlphasCumprod[(int)Timesteps[index]], sample, original);
        return (Math.Sqrt(next) * original + Math.Sqrt(1 - next) * direction).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor PredictOriginal(Tensor output, int index, Tensor sample) => OriginalFromAlpha(output, AlphasCumprod[(int)Timesteps[index]], sample);
}
