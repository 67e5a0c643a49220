using ZsMlc.Torch.Kernels;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>A linear layer on weights that were taken out of a network.</summary>
/// <param name="weight">[out, in]; this object owns it.</param>
/// <param name="bias">[out], or null for none; this object owns it.</param>
/// <param name="packs">Whether the weight is also kept in the order in which a fused kernel reads it.</param>
internal sealed class TakenLinear(Tensor weight, Tensor? bias, bool packs = false) : IDisposable
{
    private readonly bool _fuses = FusedKernels.PayForWideLinear(weight.dtype);
    private readonly Tensor? _packed = packs ? PackedWeights.Linear(weight)?.DetachFromDisposeScope() : null;

    /// <summary>The layer on [..., in].</summary>
    public Tensor Forward(Tensor x) =>
        (_fuses ? FusedKernels.Linear(x, _packed ?? weight, bias, FusedActivation.None) : null) ?? Plain(x);

    /// <summary>The layer and, behind it, GELU or swish.</summary>
    public Tensor Forward(Tensor x, FusedActivation activation) =>
        (_fuses ? FusedKernels.Linear(x, _packed ?? weight, bias, activation) : null)
        ?? (activation == FusedActivation.Gelu ? nn.functional.gelu(Plain(x)) : nn.functional.silu(Plain(x)));

    /// <summary>The layer plus what is added to it, [..., out].</summary>
    public Tensor Plus(Tensor x, Tensor residual) =>
        (_fuses ? FusedKernels.Linear(x, _packed ?? weight, bias, residual) : null) ?? Plain(x).add_(residual);

    /// <summary>The outputs <paramref name="start"/> to <paramref name="start"/> + <paramref name="count"/> − 1 alone, on the same memory.</summary>
    public TakenLinear Part(long start, long count) =>
        new(weight.narrow(0, start, count).DetachFromDisposeScope(), bias?.narrow(0, start, count).DetachFromDisposeScope());

    public void Dispose()
    {
        weight.Dispose();
        bias?.Dispose();
        _packed?.Dispose();
    }

    private Tensor Plain(Tensor x) => nn.functional.linear(x, weight, bias);
}
