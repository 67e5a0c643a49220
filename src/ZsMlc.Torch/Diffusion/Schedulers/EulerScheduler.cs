using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Schedulers;

/// <summary>Euler's method on the probability-flow equation in σ (Karras et al. 2022, algorithm 2 without churn).</summary>
public class EulerScheduler : Scheduler
{
    /// <summary>Creates the scheduler.</summary>
    public EulerScheduler(SchedulerConfig config)
        : base(config)
    {
    }

    /// <summary>Gets σ before every step, and 0 behind the last.</summary>
    public IReadOnlyList<double> Sigmas { get; private set; } = [];

    private protected override void Start(int steps)
    {
        var train = Config.NumTrainTimesteps;
        var table = NoiseTable.Sigmas(AlphasCumprod);
        if (Config.RescaleBetasZeroSnr)
        {
            // A finite stand-in for the infinite σ of pure noise, as the reference uses.
            table[^1] = Math.Sqrt((1 - Math.Pow(2, -24)) / Math.Pow(2, -24));
        }

        var spacing = Config.TimestepSpacing ?? "linspace";
        double[] timesteps = spacing switch
        {
            "linspace" => [.. NoiseTable.Linspace(0, train - 1, steps).Select(t => (double)(float)t).Reverse()],
            "leading" => [.. Enumerable.Range(0, steps).Select(i => (double)(i * (train / steps)) + Config.StepsOffset).Reverse()],
            "trailing" => [.. NoiseTable.Trailing(train, steps)],
            _ => throw NoiseTable.UnknownSpacing(spacing),
        };
        var sigmas = timesteps.Select(t => NoiseTable.Interpolate(table, t)).ToArray();
        if (Config.UseKarrasSigmas)
        {
            sigmas = NoiseTable.Karras(sigmas[0], sigmas[^1], steps);
            timesteps = sigmas.Select(s => NoiseTable.TimestepOf(s, table)).ToArray();
        }

        Sigmas = [.. sigmas.Select(s => (double)(float)s), 0];
        Timesteps = timesteps.Select(t => (double)(float)t).ToArray();
        InitNoiseSigma = spacing is "linspace" or "trailing" ? Sigmas.Max() : Math.Sqrt(Sigmas.Max() * Sigmas.Max() + 1);
    }

    /// <inheritdoc/>
    public override Tensor ScaleModelInput(Tensor sample, int index) => sample / Math.Sqrt(Sigmas[index] * Sigmas[index] + 1);

    /// <inheritdoc/>
    public override Tensor Step(Tensor output, int index, Tensor sample, Func<Tensor>? noise = null)
    {
        using var scope = NewDisposeScope();
        var slope = (sample - PredictOriginal(output, index, sample)) / Sigmas[index];
        return (sample + slope * (Sigmas[index + 1] - Sigmas[index])).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor PredictOriginal(Tensor output, int index, Tensor sample) => OriginalFromSigma(output, Sigmas[index], sample);
}
