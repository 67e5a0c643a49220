using static TorchSharp.torch;

namespace ZsMlc.Torch.Runtime;

/// <summary>A batch in parts, whose activations alone take memory at a time.</summary>
internal static class RowParts
{
    /// <summary>First row and number of rows of every part; parts are of one size, the last one may be smaller.</summary>
    /// <param name="rows">Rows, 1 or more.</param>
    /// <param name="most">The most rows of a part, 1 or more.</param>
    public static IReadOnlyList<(long Start, long Count)> Of(long rows, long most)
    {
        var parts = ((rows - 1) / most) + 1;
        var size = (rows + parts - 1) / parts;
        return [.. Enumerable.Range(0, (int)parts).Select(i => (i * size, Math.Min(size, rows - (i * size))))];
    }

    /// <summary>Runs over a batch part by part.</summary>
    /// <param name="batch">Images [B, 3, H, W] that do not depend on each other; what has another shape is not parted.</param>
    /// <param name="most">The most rows of a part, 1 or more.</param>
    /// <param name="run">Rows of a result for rows of the batch.</param>
    public static Tensor Run(Tensor batch, long most, Func<Tensor, Tensor> run)
    {
        if (batch.dim() != 4 || batch.shape[0] == 0 || Of(batch.shape[0], most) is not { Count: > 1 } parts)
        {
            return run(batch);
        }

        using var scope = NewDisposeScope();
        return cat([.. parts.Select(p => run(batch.narrow(0, p.Start, p.Count)))], 0).MoveToOuterDisposeScope();
    }
}
