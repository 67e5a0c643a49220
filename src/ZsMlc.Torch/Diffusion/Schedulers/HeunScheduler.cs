using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Schedulers;

/// <summary>
/// Heun's method on the probability-flow equation in σ (Karras et al. 2022, algorithm 1 without churn): an Euler step, then its
/// correction by the slope at its end. All steps but the last call the network twice.
/// </summary>
public sealed class HeunScheduler : EulerScheduler
{
    private readonly StepMemory _slope, _sample;

    /// <summary>Creates the scheduler.</summary>
    public HeunScheduler(SchedulerConfig config)
        : base(config) => (_slope, _sample) = (Remember(1), Remember(1));

    private protected override void Start(int steps)
    {
        base.Start(steps);

        // Every level but the first is reached by an estimate and left by the corrected sample.
        Timesteps = [Timesteps[0], .. Timesteps.Skip(1).SelectMany(t => new[] { t, t })];
        Sigmas = [Sigmas[0], .. Sigmas.Skip(1).Take(Sigmas.Count - 2).SelectMany(s => new[] { s, s }), Sigmas[^1]];
    }

    /// <inheritdoc/>
    public override Tensor Step(Tensor output, int index, Tensor sample, Func<Tensor>? noise = null)
    {
        using var scope = NewDisposeScope();
        var original = PredictOriginal(output, index, sample);
        if (Config.ClipSample)
        {
            original = original.clamp(-Config.ClipSampleRange, Config.ClipSampleRange);
        }

        var slope = (sample - original) / Sigmas[index];
        if (index % 2 == 0)
        {
            _slope.Add(slope);
            _sample.Add(sample);
            return (sample + slope * (Sigmas[index + 1] - Sigmas[index])).MoveToOuterDisposeScope();
        }

        return (_sample[^1] + (_slope[^1] + slope) / 2 * (Sigmas[index] - Sigmas[index - 1])).MoveToOuterDisposeScope();
    }
}
