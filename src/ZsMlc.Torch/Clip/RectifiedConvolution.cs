using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>
/// ReLU of a frozen convolution, and of what is added to it, in training: one pass forward that keeps the result alone, and for the
/// gradient of the input the convolution with turned weights.
/// </summary>
/// <param name="forward">The result for an input and what is added, or null for nothing.</param>
/// <param name="backward">The gradient of the input for that of the sum in front of ReLU.</param>
internal sealed class RectifiedConvolution(Func<Tensor, Tensor?, Tensor> forward, Func<Tensor, Tensor> backward) : GradientFunction
{
    /// <inheritdoc/>
    protected override (Tensor Result, IReadOnlyList<Tensor> Kept) Forward(IReadOnlyList<Tensor> inputs)
    {
        var result = forward(inputs[0], inputs.Count > 1 ? inputs[1] : null);

        // Kept as itself, the result would keep the graph that keeps it.
        return (result, [result.detach()]);
    }

    /// <inheritdoc/>
    protected override IEnumerable<Tensor?> Gradients(IReadOnlyList<Tensor> kept, IReadOnlyList<bool> needed, Tensor gradient)
    {
        var passed = gradient.masked_fill(kept[0].le(0), 0);
        return [needed[0] ? backward(passed) : null, .. needed.Skip(1).Select(n => n ? passed : null)];
    }
}
