using static TorchSharp.torch;

namespace ZsMlc.Torch.Classification;

/// <summary>What a classifier says of rows, and what is right.</summary>
/// <param name="Scores">[rows, labels].</param>
/// <param name="Targets">1 present, 0 absent, NaN unknown, [rows, labels].</param>
internal sealed record ScoredRows(float[,] Scores, float[,] Targets)
{
    /// <summary>Scores rows in their order.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="labels">Number of labels.</param>
    /// <param name="score">Scores [B, C] of images.</param>
    /// <param name="batchSize">Rows that are scored at once.</param>
    /// <param name="cancellation">Ends it between two batches.</param>
    public static ScoredRows Of(ITrainingRows rows, int labels, Func<Tensor, Tensor> score, int batchSize, CancellationToken cancellation)
    {
        var (scores, targets) = (new float[rows.Count, labels], new float[rows.Count, labels]);
        foreach (var batch in Enumerable.Range(0, rows.Count).Chunk(batchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            Copy(score(rows.Images(batch)), scores, batch[0]);
            Copy(rows.Targets(batch), targets, batch[0]);
        }

        return new(scores, targets);
    }

    private static void Copy(Tensor from, float[,] to, int firstRow)
    {
        var values = from.data<float>().ToArray();
        Buffer.BlockCopy(values, 0, to, firstRow * to.GetLength(1) * sizeof(float), values.Length * sizeof(float));
    }
}
