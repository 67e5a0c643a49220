using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Schedulers;

/// <summary>DPM-Solver++ of order 1 or 2 in its multistep form (Lu et al. 2022).</summary>
public sealed class DpmSolverScheduler : Scheduler
{
    private double[] _sigmas = [];
    private Tensor? _previous;

    /// <summary>Creates the scheduler.</summary>
    /// <exception cref="NotSupportedException">The configuration asks for another algorithm or order 3.</exception>
    public DpmSolverScheduler(SchedulerConfig config)
        : base(config)
    {
        if (config.AlgorithmType != "dpmsolver++" || config.SolverOrder is not (1 or 2) || config.SolverType is not ("midpoint" or "heun"))
        {
            throw new NotSupportedException($"DPM-Solver with algorithm_type '{config.AlgorithmType}', solver_order {config.SolverOrder} and solver_type '{config.SolverType}' is not supported; expected dpmsolver++, 1 or 2, midpoint or heun.");
        }
    }

    /// <summary>Gets σ before every step, and the one behind the last.</summary>
    public IReadOnlyList<double> Sigmas => _sigmas;

    private protected override void Start(int steps)
    {
        _previous = null;
        var train = Config.NumTrainTimesteps;
        var table = NoiseTable.Sigmas(AlphasCumprod);
        var spacing = Config.TimestepSpacing ?? "linspace";
        double[] timesteps = spacing switch
        {
            "linspace" => [.. NoiseTable.Linspace(0, train - 1, steps + 1).Select(t => Math.Round(t, MidpointRounding.ToEven)).Reverse().Take(steps)],
            "leading" => [.. Enumerable.Range(0, steps + 1).Select(i => (double)(i * (train / (steps + 1)))).Reverse().Take(steps).Select(t => t + Config.StepsOffset)],
            "trailing" => [.. NoiseTable.Trailing(train, steps)],
            _ => throw NoiseTable.UnknownSpacing(spacing),
        };
        var sigmas = timesteps.Select(t => NoiseTable.Interpolate(table, t)).ToArray();
        if (Config.UseKarrasSigmas)
        {
            sigmas = NoiseTable.Karras(table[^1], table[0], steps);
            timesteps = sigmas.Select(s => Math.Round(NoiseTable.TimestepOf(s, table), MidpointRounding.ToEven)).ToArray();
        }

        var last = Config.FinalSigmasType switch
        {
            "zero" => 0,
            "sigma_min" => table[0],
            _ => throw new NotSupportedException($"final_sigmas_type '{Config.FinalSigmasType}' is not supported; expected zero or sigma_min."),
        };
        _sigmas = [.. sigmas.Select(s => (double)(float)s), last];
        Timesteps = timesteps;
    }

    /// <inheritdoc/>
    public override Tensor Step(Tensor output, int index, Tensor sample, Func<Tensor>? noise = null)
    {
        using var scope = NewDisposeScope();
        var original = PredictOriginal(output, index, sample);
        var steps = Timesteps.Count;
        var first = Config.SolverOrder == 1 || index == 0 || _previous is null
            || (index == steps - 1 && (Config.EulerAtFinal || (Config.LowerOrderFinal && steps < 15) || Config.FinalSigmasType == "zero"));

        var (alpha, sigma, lambda) = Level(_sigmas[index + 1]);
        var (_, sigma0, lambda0) = Level(_sigmas[index]);
        var step = lambda - lambda0;
        var decay = Math.Exp(-step) - 1;
        var next = sigma / sigma0 * sample - alpha * decay * original;
        if (!first)
        {
            var ratio = (lambda0 - Level(_sigmas[index - 1]).Lambda) / step;
            var slope = (original - _previous!) / ratio;
            next += Config.SolverType == "midpoint" ? -0.5 * alpha * decay * slope : alpha * (decay / step + 1) * slope;
        }

        _previous = original.DetachFromDisposeScope();
        return next.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor PredictOriginal(Tensor output, int index, Tensor sample)
    {
        var (alpha, _, _) = Level(_sigmas[index]);
        return OriginalFromAlpha(output, alpha * alpha, sample);
    }

    /// <summary>α, σ and λ = log(α/σ) of the variance-preserving form.</summary>
    private static (double Alpha, double Sigma, double Lambda) Level(double sigma)
    {
        var alpha = 1 / Math.Sqrt(sigma * sigma + 1);
        return (alpha, sigma * alpha, -Math.Log(sigma));
    }
}
