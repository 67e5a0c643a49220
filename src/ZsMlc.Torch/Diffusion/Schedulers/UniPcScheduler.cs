using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Schedulers;

/// <summary>UniPC (Zhao et al. 2023) on clean predictions: a multistep predictor whose result the next call of the network corrects.</summary>
public sealed class UniPcScheduler : Scheduler
{
    private readonly StepMemory _originals, _sample;
    private readonly bool _linear;
    private IReadOnlyList<double> _sigmas = [];

    /// <summary>Creates the scheduler.</summary>
    /// <exception cref="NotSupportedException">The configuration asks for another order or function B(h).</exception>
    public UniPcScheduler(SchedulerConfig config)
        : base(config)
    {
        // The reference takes the names of other solvers for bh2.
        if (config.SolverOrder is < 1 or > 3 || config.SolverType is not ("bh1" or "bh2" or "midpoint" or "heun" or "logrho"))
        {
            throw new NotSupportedException($"UniPC with solver_order {config.SolverOrder} and solver_type '{config.SolverType}' is not supported; expected 1 to 3, bh1 or bh2.");
        }

        _linear = config.SolverType == "bh1";
        (_originals, _sample) = (Remember(config.SolverOrder), Remember(1));
    }

    private protected override void Start(int steps) =>
        (Timesteps, _sigmas) = SigmaSchedule.Whole(Config, NoiseTable.Sigmas(Config, AlphasCumprod), steps);

    /// <inheritdoc/>
    public override Tensor Step(Tensor output, int index, Tensor sample, Func<Tensor>? noise = null)
    {
        using var scope = NewDisposeScope();
        var original = PredictOriginal(output, index, sample);
        if (index > 0)
        {
            sample = Update(_sample[^1], index - 1, original);
        }

        _originals.Add(original);
        _sample.Add(sample);
        return Update(sample, index, null).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor PredictOriginal(Tensor output, int index, Tensor sample)
    {
        var (alpha, _, _) = NoiseTable.Level(_sigmas[index]);
        return OriginalFromAlpha(output, alpha * alpha, sample);
    }

    private int OrderAt(int index)
    {
        // At σ = 0 only the first order is finite.
        var left = _sigmas[index + 1] == 0 ? 1 : Config.LowerOrderFinal ? Timesteps.Count - index : Config.SolverOrder;
        return Math.Min(Math.Min(Config.SolverOrder, left), index + 1);
    }

    /// <summary>One step of the predictor, or with the clean prediction at its end, of the corrector.</summary>
    private Tensor Update(Tensor sample, int from, Tensor? end)
    {
        var (alpha, sigma, lambda) = NoiseTable.Level(_sigmas[from + 1]);
        var (_, sigma0, lambda0) = NoiseTable.Level(_sigmas[from]);
        var h = lambda - lambda0;
        var growth = Math.Exp(-h) - 1;
        var scale = _linear ? -h : growth;
        var latest = _originals[^1];
        var order = OrderAt(from);
        double[] ratios = [.. Enumerable.Range(1, order - 1).Select(k => (NoiseTable.Level(_sigmas[from - k]).Lambda - lambda0) / h), 1];
        var weights = Weights(ratios, h, scale, corrects: end is not null);
        var next = sigma / sigma0 * sample - alpha * growth * latest;
        for (var k = 0; k < weights.Length; k++)
        {
            var other = k < order - 1 ? _originals[^(k + 2)] : end!;
            next -= alpha * scale * weights[k] / ratios[k] * (other - latest);
        }

        return next;
    }

    /// <summary>The weights of the differences: they make the step exact for polynomials up to the order (equation 11 of the paper).</summary>
    private static double[] Weights(double[] ratios, double h, double scale, bool corrects)
    {
        var count = corrects ? ratios.Length : ratios.Length - 1;
        if (count < 2)
        {
            // The paper's simplification of the first two orders.
            return [.. Enumerable.Repeat(0.5, count)];
        }

        var rows = new double[count][];
        var phi = (Math.Exp(-h) - 1) / -h - 1;
        var factorial = 1.0;
        for (var i = 0; i < count; i++)
        {
            rows[i] = [.. ratios.Take(count).Select(r => Math.Pow(r, i)), phi * factorial / scale];
            factorial *= i + 2;
            phi = phi / -h - 1 / factorial;
        }

        return LinearSystem.Solve(rows);
    }
}
