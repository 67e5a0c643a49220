using ZsMlc.Torch.Kernels;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>
/// A frozen convolution in training, with what is added to it and ReLU behind it: one pass forward, of which nothing is kept but where ReLU
/// stopped a value, and for the gradient of the input the convolution with turned weights. libtorch's own keeps input and result.
/// </summary>
/// <param name="forward">The result for an input and what is added, or null for nothing.</param>
/// <param name="backward">The gradient of the input for that of the sum in front of ReLU.</param>
/// <param name="rectifies">Whether ReLU is part of it.</param>
internal sealed class FrozenConvolution(Func<Tensor, Tensor?, Tensor> forward, Func<Tensor, Tensor> backward, bool rectifies) : GradientFunction
{
    /// <inheritdoc/>
    protected override (Tensor Result, IReadOnlyList<Tensor> Kept) Forward(IReadOnlyList<Tensor> inputs)
    {
        var result = forward(inputs[0], inputs.Count > 1 ? inputs[1] : null);
        return (result, rectifies ? [ReluMask.Of(result)] : []);
    }

    /// <inheritdoc/>
    protected override IEnumerable<Tensor?> Gradients(IReadOnlyList<Tensor> kept, IReadOnlyList<bool> needed, Tensor gradient)
    {
        var passed = rectifies ? ReluMask.Passed(gradient, kept[0]) : gradient.alias();
        return [needed[0] ? backward(passed) : null, .. needed.Skip(1).Select(n => n ? passed : null)];
    }
}
