using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Schedulers;

/// <summary>
/// Pseudo numerical sampling (Liu et al. 2022): linear multistep, as Stable Diffusion 1 uses it; or behind three steps of the pseudo
/// Runge-Kutta method, which call the network four times each.
/// </summary>
public sealed class PndmScheduler : Scheduler
{
    private const int Stages = 4, Warmup = 3 * Stages;

    private readonly StepMemory _outputs, _sample, _sum;
    private int _stride, _rungeKutta;

    /// <summary>Creates the scheduler.</summary>
    /// <exception cref="NotSupportedException">The network predicts the clean sample.</exception>
    public PndmScheduler(SchedulerConfig config)
        : base(config)
    {
        if (config.PredictionType is not ("epsilon" or "v_prediction"))
        {
            throw new NotSupportedException($"PNDM: the setting prediction_type = \"{config.PredictionType}\" is not supported; expected epsilon or v_prediction.");
        }

        (_outputs, _sample, _sum) = (Remember(4), Remember(1), Remember(1));
    }

    private protected override void Start(int steps)
    {
        _stride = Config.NumTrainTimesteps / steps;
        var whole = NoiseTable.WholeTimesteps(Config, steps);
        _rungeKutta = Config.SkipPrkSteps ? 0 : Warmup;
        if (!Config.SkipPrkSteps)
        {
            if (steps < Stages)
            {
                throw new ArgumentOutOfRangeException(nameof(steps), steps, $"PNDM with Runge-Kutta steps (skip_prk_steps false) takes {Stages} steps or more.");
            }

            // Each of the three steps calls the network at its start, twice in its middle, and at its end.
            double half = _stride / 2;
            Timesteps = [.. Enumerable.Range(0, 3).SelectMany(i => new[] { whole[i], whole[i + 1] + half, whole[i + 1] + half, whole[i + 1] }), .. whole[3..]];
            return;
        }

        // The second timestep is visited twice: a first estimate, then its correction.
        Timesteps = steps == 1 ? whole : [whole[0], whole[1], .. whole[1..]];
    }

    /// <inheritdoc/>
    public override Tensor Step(Tensor output, int index, Tensor sample, Func<Tensor>? noise = null)
    {
        using var scope = NewDisposeScope();
        return (index < _rungeKutta ? RungeKutta(output, index, sample) : Multistep(output, index, sample)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor PredictOriginal(Tensor output, int index, Tensor sample) => OriginalFromAlpha(output, AlphasCumprod[(int)Timesteps[index]], sample);

    private Tensor RungeKutta(Tensor output, int index, Tensor sample)
    {
        var stage = index % Stages;
        var start = (int)Timesteps[index - stage];
        if (stage == 0)
        {
            _outputs.Add(output);
            _sample.Add(sample);
        }

        // Simpson's weights; the sum is used at the end of the step.
        var weighted = output / (stage is 0 or 3 ? 6 : 3);
        _sum.Add(stage == 0 ? weighted : _sum[^1] + weighted);
        var next = (int)Timesteps[index] - (stage % 2 == 0 ? _stride / 2 : 0);
        return Transfer(stage == 3 ? _sum[^1] : output, start, next, _sample[^1]);
    }

    private Tensor Multistep(Tensor output, int index, Tensor sample)
    {
        var (now, next) = ((int)Timesteps[index], (int)Timesteps[index] - _stride);
        if (index == 1 && _rungeKutta == 0)
        {
            return Transfer((output + _outputs[^1]) / 2, now + _stride, now, _sample[^1]);
        }

        _outputs.Add(output);
        _sample.Add(sample);
        var e = _outputs;
        var mixed = e.Count switch
        {
            1 => output,
            2 => (3 * e[^1] - e[^2]) / 2,
            3 => (23 * e[^1] - 16 * e[^2] + 5 * e[^3]) / 12,
            _ => (55 * e[^1] - 59 * e[^2] + 37 * e[^3] - 9 * e[^4]) / 24,
        };
        return Transfer(mixed, now, next, sample);
    }

    /// <summary>Equation 9 of the paper.</summary>
    private Tensor Transfer(Tensor output, int now, int next, Tensor sample)
    {
        var a = AlphasCumprod[now];
        var b = next >= 0 ? AlphasCumprod[next] : Config.SetAlphaToOne ? 1 : AlphasCumprod[0];
        if (Config.PredictionType == "v_prediction")
        {
            output = Math.Sqrt(a) * output + Math.Sqrt(1 - a) * sample;
        }

        var denominator = a * Math.Sqrt(1 - b) + Math.Sqrt(a * (1 - a) * b);
        return Math.Sqrt(b / a) * sample - (b - a) / denominator * output;
    }
}
