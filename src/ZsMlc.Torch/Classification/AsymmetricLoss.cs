using static TorchSharp.torch;

namespace ZsMlc.Torch.Classification;

/// <summary>
/// Asymmetric loss for multi-label targets (Ridnik et al. 2021): easy negatives count less than easy positives, and
/// negatives below a margin not at all. The focusing weight carries no gradient.
/// </summary>
/// <param name="GammaNegative">Focusing exponent γ⁻ of negatives, 0 or more. Default 2.</param>
/// <param name="GammaPositive">Focusing exponent γ⁺ of positives, 0 or more. Default 1.</param>
/// <param name="Clip">Margin added to the probability of "absent", 0 to 1. Default 0.05.</param>
/// <param name="Epsilon">Lower bound of probabilities in the logarithm. Default 1e-6.</param>
public sealed record AsymmetricLoss(double GammaNegative = 2, double GammaPositive = 1, double Clip = 0.05, double Epsilon = 1e-6)
{
    /// <summary>The loss of pair logits, summed over rows and labels.</summary>
    /// <param name="logits">[B, 2, C]; index 0 of the second dimension speaks for "absent", 1 for "present".</param>
    /// <param name="targets">[B, C]: 1 present, 0 absent, NaN unknown. Unknown entries have no loss and no gradient.</param>
    /// <param name="weights">Weight of every row [B, 1], or <see langword="null"/> for 1.</param>
    /// <returns>A scalar.</returns>
    public Tensor Pair(Tensor logits, Tensor targets, Tensor? weights = null)
    {
        using var scope = NewDisposeScope();
        var probabilities = softmax(logits, 1);
        return Sum(probabilities[.., 1], probabilities[.., 0], targets, weights).MoveToOuterDisposeScope();
    }

    /// <summary>The loss of values that are probabilities already, summed (used by the tuning of the text encoder).</summary>
    /// <param name="probabilities">[B, C] from 0 to 1.</param>
    /// <param name="targets">[B, C]: 1 present, 0 absent, NaN unknown.</param>
    /// <returns>A scalar.</returns>
    public Tensor Probabilities(Tensor probabilities, Tensor targets)
    {
        using var scope = NewDisposeScope();
        return Sum(probabilities, 1 - probabilities, targets, null).MoveToOuterDisposeScope();
    }

    private Tensor Sum(Tensor positive, Tensor negative, Tensor targets, Tensor? weights)
    {
        var unknown = targets.isnan();
        var y = targets.nan_to_num(0).to(positive.dtype);
        negative = (negative + Clip).clamp(max: 1);
        Tensor focus;
        using (no_grad())
        {
            var correct = positive * y + negative * (1 - y);
            focus = (1 - correct).clamp(min: 0).pow(GammaPositive * y + GammaNegative * (1 - y)).masked_fill(unknown, 0);
            if (weights is not null)
            {
                focus = focus * weights;
            }
        }

        var logs = y * positive.clamp(min: Epsilon).log() + (1 - y) * negative.clamp(min: Epsilon).log();
        return -(logs * focus).sum();
    }
}
