using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Filtering;

/// <summary>
/// The softmax of the CLIP discriminator: labels that belong to one image do not compete with each other,
/// each competes only with the labels that do not belong to it.
/// </summary>
/// <remarks>
/// For target set Y, rivals N = L \ Y and scores s: q⁽ᵏ⁾ is the softmax over {k} ∪ N; V_k = q⁽ᵏ⁾_k for k in Y and
/// V_n = mean over k in Y of q⁽ᵏ⁾_n for n in N (Zhang, Yuan, Huang, arXiv 2404.03144, section 3).
/// With z = logsumexp of the rivals' scores this is V_k = σ(s_k − z) and V_n = softmax_N(s)_n · mean_k σ(z − s_k),
/// which needs one pass over the labels whatever the size of Y and stays exact where V is near 0 or 1.
/// </remarks>
public static class GroupingSoftmax
{
    // Far below any score and still finite: an infinite filler would make the gradient of logsumexp undefined when Y holds every label.
    private const double Excluded = -1e30;

    /// <summary>Computes V, with gradients towards <paramref name="scores"/>.</summary>
    /// <param name="scores">Scores τ·cos, floating point, [B, L].</param>
    /// <param name="targets">Boolean, [B, L]: true where the label belongs to the image; at least one a row.</param>
    /// <returns>V, [B, L], values in [0, 1]; Float32, or Float64 when the scores are.</returns>
    /// <exception cref="ArgumentException">The shapes differ, the targets are not boolean, or a row has no target.</exception>
    public static Tensor Compute(Tensor scores, Tensor targets)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(targets);
        if (scores.dim() != 2 || !scores.shape.AsSpan().SequenceEqual(targets.shape))
        {
            throw new ArgumentException(
                $"scores and targets must both be [B, L]; found scores [{string.Join(", ", scores.shape)}] and targets [{string.Join(", ", targets.shape)}].",
                nameof(targets));
        }

        if (targets.dtype != ScalarType.Bool)
        {
            throw new ArgumentException($"targets must be boolean; found {targets.dtype}.", nameof(targets));
        }

        using var scope = NewDisposeScope();
        if (!targets.any(1).all().item<bool>())
        {
            throw new ArgumentException("every row of targets needs at least one label; a row without one was found.", nameof(targets));
        }

        var s = scores.dtype == ScalarType.Float64 ? scores : scores.to_type(ScalarType.Float32);
        var rivals = s.masked_fill(targets, Excluded);
        var z = rivals.logsumexp(1, keepdim: true);
        var own = (s - z).sigmoid();
        var lost = (z - s).sigmoid().masked_fill(targets.logical_not(), 0).sum(1, keepdim: true) / targets.sum(1, keepdim: true);
        return where(targets, own, rivals.softmax(1) * lost).MoveToOuterDisposeScope();
    }
}
