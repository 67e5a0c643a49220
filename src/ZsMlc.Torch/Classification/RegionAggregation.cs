using static TorchSharp.torch;

namespace ZsMlc.Torch.Classification;

/// <summary>Compares every position of an image with every label's pair of texts, and weighs the positions by how much they look like the label.</summary>
internal static class RegionAggregation
{
    private const double CosineFactor = 20, SumFactor = 5;

    /// <summary>
    /// a = 20·cos(f_p, t); w = softmax over positions of the positive a; z = 5·Σ w·a.
    /// </summary>
    /// <param name="dense">Dense image features [B, P, E].</param>
    /// <param name="texts">Normalised text features [2C, E]: C negative, then C positive.</param>
    /// <returns>Pair logits [B, 2, C].</returns>
    public static Tensor PairLogits(Tensor dense, Tensor texts)
    {
        using var scope = NewDisposeScope();
        var labels = texts.shape[0] / 2;
        var features = nn.functional.normalize(dense, dim: -1);
        var affinity = CosineFactor * features.matmul(texts.t());
        var weights = softmax(affinity.narrow(2, labels, labels), 1);
        var pairs = affinity.view(affinity.shape[0], affinity.shape[1], 2, labels);
        return (SumFactor * (pairs * weights.unsqueeze(2)).sum(1)).MoveToOuterDisposeScope();
    }
}
