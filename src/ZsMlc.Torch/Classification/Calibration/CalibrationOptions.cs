namespace ZsMlc.Torch.Classification.Calibration;

/// <summary>What is expected of scores that are to hold as probabilities.</summary>
public sealed record CalibrationOptions
{
    /// <summary>
    /// Gets the share of pictures that an unseen label is expected to be on, above 0 and below 1; nothing in the training
    /// data tells it. Its scores are moved to it, and its threshold is such that no greater share of the held-out rows
    /// reaches it. Default: <see langword="null"/>, the mean share of the seen labels on the held-out rows.
    /// </summary>
    public double? ExpectedPrevalence { get; init; }

    /// <summary>Throws when a value is out of its range; the message names the option.</summary>
    /// <param name="parent">The option that holds these, or null.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    internal void Validate(string? parent = null) =>
        OptionRange.Check(nameof(ExpectedPrevalence), ExpectedPrevalence, ExpectedPrevalence is null or (> 0 and < 1), "above 0 and below 1, or null for that of the seen labels", parent);
}
