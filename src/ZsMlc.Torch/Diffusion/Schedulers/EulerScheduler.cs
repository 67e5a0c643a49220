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

    /// <summary>Gets σ before every step, and the one behind the last.</summary>
    public IReadOnlyList<double> Sigmas { get; private protected set; } = [];

    private protected override void Start(int steps)
    {
        (Timesteps, Sigmas) = SigmaSchedule.Fractional(Config, NoiseTable.Sigmas(Config, AlphasCumprod), steps);
        var spacing = Config.TimestepSpacing ?? "linspace";
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
