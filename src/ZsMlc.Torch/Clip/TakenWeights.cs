using ZsMlc.Torch.Kernels;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>Takes weights out of a network, to compute with them as they are or frozen in another element type.</summary>
/// <param name="frozen">The element type of copies without gradients; null for the weights themselves, to which gradients flow.</param>
/// <param name="device">Device of the weights.</param>
internal sealed class TakenWeights(ScalarType? frozen, Device device)
{
    /// <summary>
    /// Gets whether linear layers are packed, and weights may differ from the network's by what fused kernels ask for. In single
    /// precision it gains nothing, and weights that are not changed need no copy.
    /// </summary>
    public bool Packs { get; } = frozen == ScalarType.BFloat16 && device.type == TorchSharp.DeviceType.CPU && FusedKernels.Serve(ScalarType.BFloat16);

    /// <summary>The tensor to compute with for a weight; the caller owns it.</summary>
    /// <param name="weight">The weight; where the type is its own, it is not copied.</param>
    /// <param name="factor">A factor, with <see cref="Packs"/> alone.</param>
    public Tensor Take(Tensor weight, double factor = 1)
    {
        using var scope = NewDisposeScope();
        if (frozen is not { } type)
        {
            return weight.alias().DetachFromDisposeScope();
        }

        using var noGrad = no_grad();
        var values = factor == 1 ? weight.detach() : weight.detach() * factor;
        return values.to(type).DetachFromDisposeScope();
    }

    /// <summary>A linear layer; the caller owns it.</summary>
    /// <param name="weight">[out, in].</param>
    /// <param name="bias">[out], or null for none.</param>
    /// <param name="factor">Factor of the weight.</param>
    /// <param name="biasFactor">Factor of the bias.</param>
    public TakenLinear Linear(Tensor weight, Tensor? bias, double factor = 1, double biasFactor = 1) =>
        new(Take(weight, factor), bias is null ? null : Take(bias, biasFactor), Packs);
}
