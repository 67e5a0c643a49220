namespace ZsMlc.Torch.Filtering;

/// <summary>Adds labels that nobody asked for but the judge sees: rivals whose V is above a second threshold.</summary>
/// <remarks>Pseudo-labels enrich an image; they never count towards a quota.</remarks>
public static class PseudoLabels
{
    /// <summary>Indices of the rivals with V above <paramref name="threshold"/>, in the order of the labels.</summary>
    /// <param name="v">V of every label.</param>
    /// <param name="targets">Indices of the target labels; at least one.</param>
    /// <param name="threshold">Exclusive lower bound of V, 0 to 1.</param>
    public static IReadOnlyList<int> Find(ReadOnlySpan<float> v, IReadOnlyCollection<int> targets, float threshold)
    {
        var isTarget = KeepRule.Mask(v.Length, targets);
        var found = new List<int>();
        for (var i = 0; i < v.Length; i++)
        {
            if (!isTarget[i] && v[i] > threshold)
            {
                found.Add(i);
            }
        }

        return found;
    }
}
