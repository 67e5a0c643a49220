using TorchSharp;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Blocks;

/// <summary>
/// Gradient checkpointing: a part of a network runs forward without keeping activations and runs again, with them, when
/// its gradient is asked for (Chen et al. 2016). Only gradients of the inputs are computed; weights inside must be frozen.
/// </summary>
internal sealed class Recompute : GradientFunction
{
    private readonly Func<IReadOnlyList<Tensor>, Tensor> _part;

    private Recompute(Func<IReadOnlyList<Tensor>, Tensor> part) => _part = part;

    /// <summary>Runs a part. Back-propagation through it is for <see cref="GradientFunction.Backward"/>.</summary>
    public static Tensor Run(Func<IReadOnlyList<Tensor>, Tensor> part, Tensor[] inputs) => new Recompute(part).Run(inputs);

    /// <inheritdoc/>
    protected override (Tensor Result, IReadOnlyList<Tensor> Kept) Forward(IReadOnlyList<Tensor> inputs) => (_part(inputs), inputs);

    /// <inheritdoc/>
    protected override IEnumerable<Tensor?> Gradients(IReadOnlyList<Tensor> kept, IReadOnlyList<bool> needed, Tensor gradient)
    {
        using var withGrad = enable_grad();
        var inputs = kept.Select((t, i) => t.detach().requires_grad_(needed[i])).ToArray();
        var gradients = new Queue<Tensor>(autograd.grad([_part(inputs)], [.. inputs.Where((_, i) => needed[i])], [gradient]));
        return [.. needed.Select(n => n ? gradients.Dequeue() : null)];
    }
}
