using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Schedulers;

/// <summary>Euler steps that go further down in σ and add fresh noise to come back (ancestral sampling).</summary>
public sealed class EulerAncestralScheduler : EulerScheduler
{
    /// <summary>Creates the scheduler.</summary>
    public EulerAncestralScheduler(SchedulerConfig config)
        : base(config)
    {
    }

    /// <inheritdoc/>
    public override bool IsStochastic => true;

    /// <inheritdoc/>
    public override Tensor Step(Tensor output, int index, Tensor sample, Func<Tensor>? noise = null)
    {
        ArgumentNullException.ThrowIfNull(noise);
        using var scope = NewDisposeScope();
        var (from, to) = (Sigmas[index], Sigmas[index + 1]);
        var up = Math.Sqrt(to * to * (from * from - to * to) / (from * from));
        var down = Math.Sqrt(to * to - up * up);
        var slope = (sample - PredictOriginal(output, index, sample)) / from;
        return (sample + slope * (down - from) + noise() * up).MoveToOuterDisposeScope();
    }
}
