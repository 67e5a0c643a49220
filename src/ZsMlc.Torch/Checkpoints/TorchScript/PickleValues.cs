using static TorchSharp.torch;

namespace ZsMlc.Torch.Checkpoints.TorchScript;

/// <summary>A name of Python's that a pickle refers to: nothing is imported or called.</summary>
internal sealed record PickleGlobal(string Module, string Name)
{
    /// <summary>Whether it is a class of the archive itself.</summary>
    public bool IsOwnClass => Module == "__torch__" || Module.StartsWith("__torch__.", StringComparison.Ordinal);

    public override string ToString() => $"{Module}.{Name}";
}

/// <summary>An object of one of the archive's classes.</summary>
internal sealed class PickleObject(PickleGlobal type)
{
    public PickleGlobal Type { get; } = type;

    /// <summary>Gets the attributes; empty until the pickle gives them.</summary>
    public IReadOnlyDictionary<string, object?> Attributes { get; set; } = new Dictionary<string, object?>();
}

/// <summary>A value that no tensor is made of, such as a device.</summary>
internal sealed record PickleOpaque(PickleGlobal Type);

/// <summary>One record of numbers, which tensors are views of.</summary>
/// <param name="Type">Element type.</param>
/// <param name="ElementSize">Bytes of an element.</param>
/// <param name="Key">Name of the record below <c>data/</c>.</param>
/// <param name="Count">Number of elements.</param>
internal sealed record PickleStorage(ScalarType Type, int ElementSize, string Key, long Count);

/// <summary>A view of a storage.</summary>
/// <param name="Storage">The storage.</param>
/// <param name="Offset">First element.</param>
/// <param name="Shape">Sizes of the dimensions.</param>
/// <param name="Strides">Elements between neighbours in each dimension.</param>
internal sealed record PickleTensor(PickleStorage Storage, long Offset, long[] Shape, long[] Strides)
{
    /// <summary>Gets the number of elements; never more than the storage's.</summary>
    public long Count => Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>Gets whether it is the storage itself in another shape.</summary>
    public bool IsWhole => Offset == 0 && Count == Storage.Count && IsContiguous;

    private bool IsContiguous
    {
        get
        {
            var step = 1L;
            for (var i = Shape.Length - 1; i >= 0; i--)
            {
                if (Shape[i] != 1 && Strides[i] != step)
                {
                    return false;
                }

                step *= Shape[i];
            }

            return true;
        }
    }
}
