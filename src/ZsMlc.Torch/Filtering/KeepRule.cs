namespace ZsMlc.Torch.Filtering;

/// <summary>
/// Decides from V whether an image shows its target labels: every target above the threshold, and no other label
/// among the |Y| highest. The same rule for every data set.
/// </summary>
/// <param name="Threshold">θ, 0 to 1, exclusive lower bound of V for a target. Default 0.5.</param>
/// <remarks>
/// From θ = 0.5 upwards the second condition follows from the first (a rival's V is at most the mean of 1 − V_k);
/// it matters for lower thresholds. A rival that ties with the lowest target counts as ahead of it: the judge cannot
/// tell them apart.
/// </remarks>
public readonly record struct KeepRule(float Threshold = 0.5f)
{
    /// <summary>The published rule, θ = 0.5.</summary>
    public static KeepRule Default => new(0.5f);

    /// <summary>Whether the image is kept.</summary>
    /// <param name="v">V of every label.</param>
    /// <param name="targets">Indices of the target labels into <paramref name="v"/>; at least one.</param>
    /// <exception cref="ArgumentException"><paramref name="targets"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A target is not an index of <paramref name="v"/>.</exception>
    public bool Keep(ReadOnlySpan<float> v, IReadOnlyCollection<int> targets)
    {
        var isTarget = Mask(v.Length, targets);
        var lowestTarget = float.PositiveInfinity;
        var highestRival = float.NegativeInfinity;
        for (var i = 0; i < v.Length; i++)
        {
            // A NaN score is no evidence: the comparison below is false for it.
            if (isTarget[i])
            {
                if (!(v[i] > Threshold))
                {
                    return false;
                }

                lowestTarget = Math.Min(lowestTarget, v[i]);
            }
            else
            {
                highestRival = Math.Max(highestRival, v[i]);
            }
        }

        return lowestTarget > highestRival;
    }

    /// <summary>The labels that the judge sees: those of the <paramref name="count"/> highest whose V is above the threshold.</summary>
    /// <param name="v">V of every label.</param>
    /// <param name="count">How many of the highest are looked at, 0 or more.</param>
    /// <returns>Distinct label indices, highest V first; ties in the order of the labels.</returns>
    public IReadOnlyList<int> Recognised(ReadOnlySpan<float> v, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var values = v.ToArray();
        var threshold = Threshold;
        return [.. Enumerable.Range(0, values.Length)
            .OrderByDescending(i => values[i])
            .Take(count)
            .Where(i => values[i] > threshold)];
    }

    internal static bool[] Mask(int labels, IReadOnlyCollection<int> targets)
    {
        if (targets.Count == 0)
        {
            throw new ArgumentException("an image needs at least one target label.", nameof(targets));
        }

        var mask = new bool[labels];
        foreach (var target in targets)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(target, nameof(targets));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(target, labels, nameof(targets));
            mask[target] = true;
        }

        return mask;
    }
}
