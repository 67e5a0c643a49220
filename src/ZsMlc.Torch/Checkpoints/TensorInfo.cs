using static TorchSharp.torch;

namespace ZsMlc.Torch.Checkpoints;

/// <summary>Element type and shape of a stored tensor.</summary>
/// <param name="DType">Element type as stored.</param>
/// <param name="Shape">Sizes of the dimensions; empty for a scalar.</param>
public sealed record TensorInfo(ScalarType DType, long[] Shape)
{
    /// <summary>Gets the number of elements.</summary>
    public long Count => Shape.Aggregate(1L, (product, size) => checked(product * size));

    /// <inheritdoc/>
    public override string ToString() => $"{DType} [{string.Join(", ", Shape)}]";
}
