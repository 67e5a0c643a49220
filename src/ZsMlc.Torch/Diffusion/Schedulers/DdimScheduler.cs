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
        var train = Config.NumTrainTimesteps;
        _stride = train / steps;
        var spacing = Config.TimestepSpacing ?? "leading";
        Timesteps = spacing switch
        {
            "linspace" => [.. NoiseTable.Linspace(0, train - 1, steps).Select(t => Math.Round(t, MidpointRounding.ToEven)).Reverse()],
            "leading" => [.. Enumerable.Range(0, steps).Select(i => (double)(i * _stride) + Config.StepsOffset).Reverse()],
            "trailing" => [.. NoiseTable.Trailing(train, steps)],
            _ => throw NoiseTable.UnknownSpacing(spacing),
        };
    }

    /// <inheritdoc/>
    public override Tensor Step(Tensor output, int index, Tensor sample, Func<Tensor>? noise = null)
    {
        using var scope = NewDisposeScope();
        var t = (int)Timesteps[index];
        var now = AlphasCumprod[t];
        var next = t - _stride >= 0 ? AlphasCumprod[t - _stride] : Config.SetAlphaToOne ? 1 : AlphasCumprod[0];
        var original = PredictOriginal(output, index, sample);
        var epsilon = Config.PredictionType switch
        {
            "epsilon" => output,
            "v_prediction" => Math.Sqrt(now) * output + Math.Sqrt(1 - now) * sample,
            _ => (sample - Math.Sqrt(now) * original) / Math.Sqrt(1 - now),
        };
        if (Config.ClipSample)
        {
            original = original.clamp(-Config.ClipSampleRange, Config.ClipSampleRange);
        }

        return (Math.Sqrt(next) * original + Math.Sqrt(1 - next) * epsilon).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor PredictOriginal(Tensor output, int index, Tensor sample) => OriginalFromAlpha(output, AlphasCumprod[(int)Timesteps[index]], sample);
}
