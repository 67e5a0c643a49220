using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Schedulers;

/// <summary>Sampling of latent consistency models (Luo et al. 2023): a clean prediction each step, then fresh noise.</summary>
public sealed class LcmScheduler : Scheduler
{
    private const double SigmaData = 0.5;

    /// <summary>Creates the scheduler.</summary>
    public LcmScheduler(SchedulerConfig config)
        : base(config)
    {
    }

    /// <inheritdoc/>
    public override bool IsStochastic => true;

    private protected override void Start(int steps) => Timesteps = NoiseTable.Distilled(Config, steps);

    /// <inheritdoc/>
    public override Tensor Step(Tensor output, int index, Tensor sample, Func<Tensor>? noise = null)
    {
        using var scope = NewDisposeScope();
        var scaled = Timesteps[index] * Config.TimestepScaling;
        var norm = scaled * scaled + SigmaData * SigmaData;
        var original = PredictOriginal(output, index, sample);
        if (Config.ClipSample)
        {
            original = original.clamp(-Config.ClipSampleRange, Config.ClipSampleRange);
        }

        var clean = scaled / Math.Sqrt(norm) * original + SigmaData * SigmaData / norm * sample;
        if (index + 1 < Timesteps.Count)
        {
            ArgumentNullException.ThrowIfNull(noise);
            var next = AlphasCumprod[(int)Timesteps[index + 1]];
            clean = Math.Sqrt(next) * clean + Math.Sqrt(1 - next) * noise();
        }

        return clean.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor PredictOriginal(Tensor output, int index, Tensor sample) => OriginalFromAlpha(output, AlphasCumprod[(int)Timesteps[index]], sample);
}
