using TorchSharp;
using static TorchSharp.torch;

namespace MicroWorld.Training;

/// <summary>Contrastive losses for pictures that several texts describe.</summary>
internal static class ClipLoss
{
    /// <summary>
    /// For each pair of a row and one of its true columns: −log softmax of that column against the row's false columns alone, so that
    /// true columns do not compete (the grouping softmax of the filter). Mean over rows that have a true column.
    /// </summary>
    /// <param name="scores">[R, C].</param>
    /// <param name="truth">[R, C] booleans.</param>
    public static Tensor Grouped(Tensor scores, Tensor truth)
    {
        var falseScores = scores.masked_fill(truth, -1e4).logsumexp(1, keepdim: true);
        var pairs = nn.functional.softplus(falseScores - scores);
        var weights = truth.to(ScalarType.Float32);
        var rows = (pairs * weights).sum(1) / weights.sum(1).clamp_min(1);
        return rows.sum() / weights.amax([1]).sum().clamp_min(1);
    }

    /// <summary>For rows that nothing describes: the cross-entropy to a uniform guess, less its minimum.</summary>
    public static Tensor Unsure(Tensor scores)
    {
        if (scores.shape[0] == 0)
        {
            return scores.sum();
        }

        return -nn.functional.log_softmax(scores, 1).mean() - Math.Log(scores.shape[1]);
    }
}
