namespace ZsMlc.MLNet.SyntheticData;

/// <summary>Makes and judges images. Nothing is asked of it until an image is missing, so it may open its models at the first call.</summary>
internal interface ISlotGenerator
{
    /// <summary>Generates one image for every member of a group, and judges them.</summary>
    /// <param name="group">At most a batch, always put together in the same way: the result may depend on it, and on nothing else.</param>
    /// <param name="cancellationToken">Stops the work; nothing of the group is recorded then.</param>
    /// <returns>One outcome for each member, in order.</returns>
    IReadOnlyList<SlotOutcome> Generate(IReadOnlyList<SlotAttempt> group, CancellationToken cancellationToken);
}

/// <summary>A wish for one image.</summary>
/// <param name="Slot">The slot of the plan, from 0.</param>
/// <param name="Attempt">Which attempt at the slot, from 0.</param>
/// <param name="Labels">The unseen labels to show.</param>
/// <param name="Prompt">The text to generate from.</param>
/// <param name="Seed">The seed of the noise.</param>
internal sealed record SlotAttempt(int Slot, int Attempt, IReadOnlyList<string> Labels, string Prompt, long Seed);

/// <summary>What became of a wish.</summary>
/// <param name="Image">The image; <see langword="null"/> when it was given up at its preview.</param>
/// <param name="IsAccepted">Whether the image counts. An image that was given up never does.</param>
/// <param name="Scores">V of every candidate label, in the order of the store's candidates; empty without a filter.</param>
/// <param name="PseudoLabels">Labels beyond the asked ones that the image has, parents included.</param>
internal sealed record SlotOutcome(RgbPixels? Image, bool IsAccepted, IReadOnlyList<float> Scores, IReadOnlyList<string> PseudoLabels);

/// <summary>An image in memory.</summary>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Pixels">RGB bytes, row by row.</param>
internal sealed record RgbPixels(int Width, int Height, byte[] Pixels);
