using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Runtime;

/// <summary>
/// The images of a batch that go through a network at a time: on a GPU all; on a CPU no more than <see cref="Pixels"/> are made of, which is as fast or
/// faster and takes the memory of the activations of those alone, however large the batch is.
/// </summary>
internal static class RowParts
{
    /// <summary>Pixels of a part: 16 images of 224².</summary>
    public const long Pixels = 16 * 224 * 224;

    /// <summary>First row and number of rows of every part; parts are of one size, the last one may be smaller.</summary>
    /// <param name="rows">Rows, 1 or more.</param>
    /// <param name="side">Side of an image as the network reads it.</param>
    /// <param name="device">Where the network is.</param>
    public static IReadOnlyList<(long Start, long Count)> Of(long rows, long side, Device device)
    {
        var most = device.type == DeviceType.CPU ? Math.Max(1, Pixels / (side * side)) : rows;
        var parts = (rows + most - 1) / most;
        var size = (rows + parts - 1) / parts;
        return [.. Enumerable.Range(0, (int)((rows + size - 1) / size)).Select(i => (i * size, Math.Min(size, rows - (i * size))))];
    }

    /// <summary>Runs over a batch part by part.</summary>
    /// <param name="batch">Images [B, 3, H, W] that do not depend on each other; what has another shape is not parted.</param>
    /// <param name="side">Side of an image as the network reads it.</param>
    /// <param name="device">Where the network is.</param>
    /// <param name="run">Rows of a result for rows of the batch.</param>
    public static Tensor Run(Tensor batch, long side, Device device, Func<Tensor, Tensor> run)
    {
        if (batch.dim() != 4 || batch.shape[0] == 0 || Of(batch.shape[0], side, device) is not { Count: > 1 } parts)
        {
            return run(batch);
        }

        using var scope = NewDisposeScope();
        return cat([.. parts.Select(p => run(batch.narrow(0, p.Start, p.Count)))], 0).MoveToOuterDisposeScope();
    }
}
