using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Unet;

/// <summary>Sinusoids of the timestep, then a two-layer perceptron.</summary>
internal sealed class TimestepEmbedding : nn.Module<Tensor, Tensor?, Tensor>
{
    internal readonly Linear linear_1;
    internal readonly Linear linear_2;
    internal readonly Linear? cond_proj;

    public TimestepEmbedding(int inputs, int width, int? conditionWidth)
        : base(nameof(TimestepEmbedding))
    {
        linear_1 = Layers.Linear(inputs, width);
        linear_2 = Layers.Linear(width, width);
        cond_proj = conditionWidth is { } c ? Layers.Linear(c, inputs, hasBias: false) : null;
        RegisterComponents();
    }

    public override Tensor forward(Tensor x, Tensor? condition)
    {
        using var scope = NewDisposeScope();
        if (condition is not null && cond_proj is not null)
        {
            x = x + cond_proj.forward(condition);
        }

        return linear_2.forward(nn.functional.silu(linear_1.forward(x))).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Sinusoids in single precision: the angles are t · exp(-ln(10000) · i / (half - shift)), i = 0..half-1.
    /// </summary>
    /// <param name="timesteps">Timesteps [B].</param>
    /// <param name="width">Width of the result, even.</param>
    /// <param name="cosineFirst">Whether cosines stand in front of sines.</param>
    /// <param name="shift">The shift in the formula.</param>
    public static Tensor Sinusoids(Tensor timesteps, int width, bool cosineFirst, double shift)
    {
        using var scope = NewDisposeScope();
        var half = width / 2;
        var frequencies = (-Math.Log(10000) * arange(half, dtype: ScalarType.Float32, device: timesteps.device) / (half - shift)).exp();
        var angles = timesteps.to(ScalarType.Float32).unsqueeze(1) * frequencies.unsqueeze(0);
        var parts = cosineFirst ? new[] { angles.cos(), angles.sin() } : [angles.sin(), angles.cos()];
        return cat(parts, -1).MoveToOuterDisposeScope();
    }
}
