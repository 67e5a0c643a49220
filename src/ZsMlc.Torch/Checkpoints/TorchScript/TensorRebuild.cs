namespace ZsMlc.Torch.Checkpoints.TorchScript;

/// <summary>Makes views of storages, and refuses those that would reach beyond them.</summary>
internal static class TensorRebuild
{
    private const int MaxDimensions = 64;

    /// <summary>A tensor of the arguments <c>(storage, offset, shape, strides, requires_grad, hooks)</c>.</summary>
    /// <exception cref="FormatException">They are others, or describe elements that the storage does not have.</exception>
    public static PickleTensor Tensor(object?[] arguments)
    {
        // Newer versions may add marks of lazy negation and conjugation, which no weight has.
        if (arguments is not ([PickleStorage, long, object?[], object?[], bool, _] or [PickleStorage, long, object?[], object?[], bool, _, Dictionary<object, object?> { Count: 0 }]))
        {
            throw new FormatException("a tensor is not described by its storage, offset, shape and strides.");
        }

        var tensor = new PickleTensor((PickleStorage)arguments[0]!, (long)arguments[1]!, Sizes(arguments[2]!), Sizes(arguments[3]!));
        if (tensor.Shape.Length != tensor.Strides.Length || tensor.Shape.Length > MaxDimensions || tensor.Offset < 0)
        {
            throw new FormatException($"a tensor has {tensor.Shape.Length} sizes, {tensor.Strides.Length} strides and the offset {tensor.Offset}.");
        }

        return Fits(tensor) ? tensor : throw new FormatException(
            $"a tensor [{string.Join(", ", tensor.Shape)}] with the strides [{string.Join(", ", tensor.Strides)}] from element {tensor.Offset} on needs more than the {tensor.Storage.Count} elements of its storage '{tensor.Storage.Key}'.");
    }

    private static long[] Sizes(object tuple) =>
        [.. ((object?[])tuple).Select(v => v is long and >= 0 and var size ? size : throw new FormatException("a tensor has a size or stride that is no whole number of 0 or more."))];

    private static bool Fits(PickleTensor tensor)
    {
        // An empty tensor needs no elements; its sizes must be countable all the same.
        var isEmpty = tensor.Shape.Contains(0);
        var room = isEmpty ? long.MaxValue : tensor.Storage.Count;

        // In 128 bits no single step overflows.
        Int128 last = isEmpty ? 0 : tensor.Offset, count = 1;
        for (var i = 0; i < tensor.Shape.Length; i++)
        {
            var size = Math.Max(1, tensor.Shape[i]);
            last += isEmpty ? 0 : (Int128)(size - 1) * tensor.Strides[i];
            count *= size;
            if (last >= room || count > room)
            {
                return false;
            }
        }

        return last < room;
    }
}
