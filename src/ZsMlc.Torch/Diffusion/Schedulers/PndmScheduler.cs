using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Schedulers;

/// <summary>Pseudo linear multistep sampling (Liu et al. 2022) as Stable Diffusion 1 uses it, without Runge-Kutta steps.</summary>
public sealed class PndmScheduler : Scheduler
{
    private readonly List<Tensor> _history = [];
    private int _stride;
    private Tensor? _first;

    /// <summary>Creates the scheduler.</summary>
    /// <exception cref="NotSupportedException">The configuration asks for Runge-Kutta steps.</exception>
    public PndmScheduler(SchedulerConfig config)
        : base(config)
    {
        if (!config.SkipPrkSteps)
        {
            throw new NotSupportedException("PNDM with Runge-Kutta steps (skip_prk_steps false) is not supported.");
        }
    }

    private protected override void Start(int steps)
    {
        _history.Clear();
        _first = null;
        var train = Config.NumTrainTimesteps;
        _stride = train / steps;
        var spacing = Config.TimestepSpacing ?? "leading";
        double[] descending = spacing switch
        {
            "linspace" => [.. NoiseTable.Linspace(0, train - 1, steps).Select(t => Math.Round(t, MidpointRounding.ToEven)).Reverse()],
            "leading" => [.. Enumerable.Range(0, steps).Select(i => (double)(i * _stride) + Config.StepsOffset).Reverse()],
            "trailing" => [.. NoiseTable.Trailing(train, steps)],
            _ => throw NoiseTable.UnknownSpacing(spacing),
        };

        // The second timestep is visited twice: a first estimate, then its correction.
        Timesteps = steps == 1 ? descending : [descending[0], descending[1], .. descending[1..]];
    }

    /// <inheritdoc/>
    public override Tensor Step(Tensor output, int index, Tensor sample, Func<Tensor>? noise = null)
    {
        using var scope = NewDisposeScope();
        var (now, next) = ((int)Timesteps[index], (int)Timesteps[index] - _stride);
        if (index == 1)
        {
            (now, next) = (now + _stride, now);
            output = (output + _history[^1]) / 2;
            sample = _first!;
        }
        else
        {
            _history.Add(output.alias().DetachFromDisposeScope());
            _first = index == 0 ? sample.alias().DetachFromDisposeScope() : null;
            var e = _history;
            output = e.Count switch
            {
                1 => output,
                2 => (3 * e[^1] - e[^2]) / 2,
                3 => (23 * e[^1] - 16 * e[^2] + 5 * e[^3]) / 12,
                _ => (55 * e[^1] - 59 * e[^2] + 37 * e[^3] - 9 * e[^4]) / 24,
            };
            if (_history.Count > 4)
            {
                _history.RemoveAt(0);
            }
        }

        var a = AlphasCumprod[now];
        var b = next >= 0 ? AlphasCumprod[next] : Config.SetAlphaToOne ? 1 : AlphasCumprod[0];
        if (Config.PredictionType == "v_prediction")
        {
            output = Math.Sqrt(a) * output + Math.Sqrt(1 - a) * sample;
        }

        // Equation 9 of the PNDM paper.
        var denominator = a * Math.Sqrt(1 - b) + Math.Sqrt(a * (1 - a) * b);
        return (Math.Sqrt(b / a) * sample - (b - a) / denominator * output).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor PredictOriginal(Tensor output, int index, Tensor sample) => OriginalFromAlpha(output, AlphasCumprod[(int)Timesteps[index]], sample);
}
