using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Schedulers;

/// <summary>Ancestral sampling of the original diffusion models (Ho et al. 2020), over a selection of their timesteps.</summary>
public sealed class DdpmScheduler : Scheduler
{
    private const double LeastVariance = 1e-20;

    /// <summary>Creates the scheduler.</summary>
    /// <exception cref="NotSupportedException">The configuration asks for a variance that the network predicts, or an unknown one.</exception>
    public DdpmScheduler(SchedulerConfig config)
        : base(config)
    {
        if (config.VarianceType is not (null or "fixed_small" or "fixed_small_log" or "fixed_large"))
        {
            throw new NotSupportedException($"DDPM: the setting variance_type = \"{config.VarianceType}\" is not supported; expected fixed_small, fixed_small_log or fixed_large.");
        }
    }

    /// <inheritdoc/>
    public override bool IsStochastic => true;

    private protected override void Start(int steps) => Timesteps = NoiseTable.WholeTimesteps(Config, steps);

    /// <inheritdoc/>
    public override Tensor Step(Tensor output, int index, Tensor sample, Func<Tensor>? noise = null)
    {
        using var scope = NewDisposeScope();
        var now = AlphasCumprod[(int)Timesteps[index]];
        var next = index + 1 < Timesteps.Count ? AlphasCumprod[(int)Timesteps[index + 1]] : 1;
        var beta = 1 - now / next;
        var original = PredictOriginal(output, index, sample);
        if (Config.ClipSample)
        {
            original = original.clamp(-Config.ClipSampleRange, Config.ClipSampleRange);
        }

        // Formula (7) of the paper; its variance is between these two.
        var mean = Math.Sqrt(next) * beta / (1 - now) * original + Math.Sqrt(now / next) * (1 - next) / (1 - now) * sample;
        if (Timesteps[index] > 0)
        {
            ArgumentNullException.ThrowIfNull(noise);
            var variance = Config.VarianceType == "fixed_large" ? beta : Math.Max((1 - next) / (1 - now) * beta, LeastVariance);
            mean += Math.Sqrt(variance) * noise();
        }

        return mean.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor PredictOriginal(Tensor output, int index, Tensor sample) => OriginalFromAlpha(output, AlphasCumprod[(int)Timesteps[index]], sample);
}
