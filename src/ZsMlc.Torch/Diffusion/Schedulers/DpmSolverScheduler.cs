using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Schedulers;

/// <summary>DPM-Solver++ of order 1 or 2 in its multistep form (Lu et al. 2022), and its stochastic variant (SDE-DPM-Solver++).</summary>
public sealed class DpmSolverScheduler : Scheduler
{
    private readonly StepMemory _previous;
    private readonly bool _stochastic, _midpoint;
    private IReadOnlyList<double> _sigmas = [];

    /// <summary>Creates the scheduler.</summary>
    /// <exception cref="NotSupportedException">The configuration asks for another algorithm or order 3.</exception>
    public DpmSolverScheduler(SchedulerConfig config)
        : base(config)
    {
        // The reference takes the names of UniPC's and DEIS's solvers for midpoint.
        if (config.AlgorithmType is not ("dpmsolver++" or "sde-dpmsolver++") || config.SolverOrder is not (1 or 2) || config.SolverType is not ("midpoint" or "heun" or "logrho" or "bh1" or "bh2"))
        {
            throw new NotSupportedException($"DPM-Solver with algorithm_type '{config.AlgorithmType}', solver_order {config.SolverOrder} and solver_type '{config.SolverType}' is not supported; expected dpmsolver++ or sde-dpmsolver++, 1 or 2, midpoint or heun.");
        }

        if (config.VarianceType is not null)
        {
            throw new NotSupportedException($"DPM-Solver: the setting variance_type = \"{config.VarianceType}\" is not supported; expected null.");
        }

        (_stochastic, _midpoint, _previous) = (config.AlgorithmType == "sde-dpmsolver++", config.SolverType != "heun", Remember(1));
    }

    /// <summary>Gets σ before every step, and the one behind the last.</summary>
    public IReadOnlyList<double> Sigmas => _sigmas;

    /// <inheritdoc/>
    public override bool IsStochastic => _stochastic;

    private protected override void Start(int steps) =>
        (Timesteps, _sigmas) = SigmaSchedule.Whole(Config, NoiseTable.Sigmas(Config, AlphasCumprod), steps);

    /// <inheritdoc/>
    public override Tensor Step(Tensor output, int index, Tensor sample, Func<Tensor>? noise = null)
    {
        using var scope = NewDisposeScope();
        var original = PredictOriginal(output, index, sample);
        var steps = Timesteps.Count;
        var first = Config.SolverOrder == 1 || _previous.Count == 0
            || (index == steps - 1 && (Config.EulerAtFinal || (Config.LowerOrderFinal && steps < 15) || Config.FinalSigmasType == "zero"));

        var (alpha, sigma, lambda) = NoiseTable.Level(_sigmas[index + 1]);
        var (_, sigma0, lambda0) = NoiseTable.Level(_sigmas[index]);
        var h = lambda - lambda0;

        // The stochastic variant goes twice as far towards the clean sample and comes back with noise.
        var pace = _stochastic ? 2 : 1;
        var decay = Math.Exp(-pace * h) - 1;
        var next = sigma / sigma0 * (_stochastic ? Math.Exp(-h) : 1) * sample - alpha * decay * original;
        if (!first)
        {
            var ratio = (lambda0 - NoiseTable.Level(_sigmas[index - 1]).Lambda) / h;
            var slope = (original - _previous[^1]) / ratio;
            next += _midpoint ? -0.5 * alpha * decay * slope : alpha * (decay / (pace * h) + 1) * slope;
        }

        if (_stochastic)
        {
            ArgumentNullException.ThrowIfNull(noise);
            next += sigma * Math.Sqrt(-decay) * noise();
        }

        _previous.Add(original);
        return next.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor PredictOriginal(Tensor output, int index, Tensor sample)
    {
        var (alpha, _, _) = NoiseTable.Level(_sigmas[index]);
        return OriginalFromAlpha(output, alpha * alpha, sample);
    }
}
