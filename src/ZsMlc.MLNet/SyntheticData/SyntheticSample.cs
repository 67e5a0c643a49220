namespace ZsMlc.MLNet.SyntheticData;

/// <summary>One attempt at a synthetic image, as recorded in the store.</summary>
/// <param name="Index">The slot of the plan, from 0.</param>
/// <param name="Attempt">Which attempt at the slot, from 0.</param>
/// <param name="Labels">The unseen labels that the image was asked to show.</param>
/// <param name="PseudoLabels">Labels that nobody asked for: those that the judge saw and the parents of others.</param>
/// <param name="Prompt">The text that the image was generated from.</param>
/// <param name="Seed">The seed of its noise.</param>
/// <param name="ImagePath">Path of the image file; <see langword="null"/> where none was kept.</param>
/// <param name="IsAccepted">Whether the image counts towards its labels' quotas; without a filter, every image.</param>
/// <param name="Scores">The judge's V of every candidate label, 0 to 1; empty without a filter.</param>
public sealed record SyntheticSample(
    int Index,
    int Attempt,
    IReadOnlyList<string> Labels,
    IReadOnlyList<string> PseudoLabels,
    string Prompt,
    long Seed,
    string? ImagePath,
    bool IsAccepted,
    IReadOnlyDictionary<string, float> Scores)
{
    /// <summary>Gets the name of the service's model that made the image; <see langword="null"/> for a diffusion model on the machine.</summary>
    public string? Model { get; init; }

    /// <summary>Gets why the service's content filter refused to make an image; <see langword="null"/> where it did not.</summary>
    public string? Refusal { get; init; }

    /// <summary>Returns what was asked, what the judge saw and where the image is, in one line.</summary>
    public override string ToString()
    {
        var seen = Labels.Where(Scores.ContainsKey).Select(l => FormattableString.Invariant($"{l} {Scores[l]:f2}")).ToList();
        return $"{Index}.{Attempt} {(IsAccepted ? "accepted" : Refusal is null ? "rejected" : "refused")}: {string.Join(", ", seen.Count > 0 ? seen : Labels)}{string.Concat(PseudoLabels.Select(l => $" + {l}"))} | \"{Prompt}\" | {ImagePath ?? "no image kept"}";
    }
}
