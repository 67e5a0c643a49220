using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Schedulers;

/// <summary>Deterministic DDIM (Song et al. 2020, η = 0).</summary>
public sealed class DdimScheduler : Scheduler
{
    private int _stride;

    /// <summary>Creates the scheduler.</summary>
    public DdimScheduler(SchedulerConfig config)
        : base(config)
    {
    }

    private protected override void Start(int steps)
    {
        _stride = Config.NumTrainTimesteps / steps;
        Timesteps = NoiseTable.WholeTimesteps(Config, steps);
    }

    /// <inheritdoc/>
    public override Tensor Step(Tensor output, int index, Tensor sample, Func<Tensor>? noise = null)
    {
        using var scope = NewDisposeScope();
        var t = (int)Timesteps[index];
        var now = AlphasCumprod[t];
        var next = t - _stride >= 0 ? AlphasCumprod[t - _stride] : Config.SetAlphaToOne ? 1 : AlphasCumprod[0];
        var original = PredictOriginal(output, index, sample);
        var epsilon = NoiseFromAlpha(output, now, sample, original);
        if (Config.ClipSample)
        {
            original = original.clamp(-Config.ClipSampleRange, Config.ClipSampleRange);
        }

        return (Math.Sqrt(next) * original + Math.Sqrt(1 - next) * epsilon).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor PredictOriginal(Tensor output, int index, Tensor sample) => OriginalFromAlpha(output, AlphasCumprod[(int)Timesteps[index]], sample);
}
