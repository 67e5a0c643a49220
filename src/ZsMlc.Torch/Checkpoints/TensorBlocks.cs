using static TorchSharp.torch;

namespace ZsMlc.Torch.Checkpoints;

/// <summary>The memory of a contiguous CPU tensor in blocks: TorchSharp shows at most 2 GB as one span.</summary>
internal static class TensorBlocks
{
    private const long BlockElements = 1 << 24;

    public delegate void BlockAction(Span<byte> block, long offset);

    /// <summary>Calls an action for every block with its offset in bytes.</summary>
    public static void ForEach(Tensor tensor, BlockAction action)
    {
        var count = tensor.NumberOfElements;
        using var scope = NewDisposeScope();
        var flat = tensor.view(-1);
        for (long start = 0; start < count; start += BlockElements)
        {
            using var block = flat.narrow(0, start, Math.Min(BlockElements, count - start));
            action(block.bytes, start * tensor.ElementSize);
        }
    }
}
