using ZsMlc.MLNet.Images;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>Makes and judges images. Nothing is asked of it until an image is missing, so it may open its models at the first call.</summary>
internal interface ISlotGenerator : IDisposable
{
    /// <summary>
    /// Gets whether an image depends on the others of its group, as rounding does in networks. Such a group is always put together
    /// in the same way, and generated whole when one image is missing; otherwise the missing ones alone are asked for, a round at once.
    /// </summary>
    bool DependsOnGroup { get; }

    /// <summary>
    /// Gets whether a group of images that depend on each other is all open slots of a chunk, as where images are judged at a preview and
    /// put together anew behind it. By default it is a batch.
    /// </summary>
    bool TakesWholeRounds => false;

    /// <summary>Generates one image for every member of a group, and judges them.</summary>
    /// <param name="group">The wishes: the result depends on them and on nothing else.</param>
    /// <param name="cancellationToken">Stops the work; what was not given out is not recorded then.</param>
    /// <returns>
    /// The outcomes as they come, in any order, each with the index of its wish. What comes in one list is recorded side by side, before the next list is asked for.
    /// </returns>
    IEnumerable<IReadOnlyList<(int Index, SlotOutcome Outcome)>> Generate(IReadOnlyList<SlotAttempt> group, CancellationToken cancellationToken);

    /// <inheritdoc/>
    void IDisposable.Dispose()
    {
    }
}

/// <summary>A wish for one image.</summary>
/// <param name="Slot">The slot of the plan, from 0.</param>
/// <param name="Attempt">Which attempt at the slot, from 0.</param>
/// <param name="Labels">The unseen labels to show.</param>
/// <param name="Prompt">The text to generate from.</param>
/// <param name="Seed">The seed of the noise.</param>
internal sealed record SlotAttempt(int Slot, int Attempt, IReadOnlyList<string> Labels, string Prompt, long Seed);

/// <summary>What became of a wish.</summary>
/// <param name="Image">The image; <see langword="null"/> when it was given up at its preview or refused.</param>
/// <param name="IsAccepted">Whether the image counts. Without an image it never does.</param>
/// <param name="Scores">V of every candidate label, in the order of the store's candidates; empty without a filter.</param>
/// <param name="PseudoLabels">Labels beyond the asked ones that the image has, parents included.</param>
internal sealed record SlotOutcome(RgbPixels? Image, bool IsAccepted, IReadOnlyList<float> Scores, IReadOnlyList<string> PseudoLabels)
{
    /// <summary>Gets the name of the model that a service answered with; <see langword="null"/> for a model of our own.</summary>
    public string? Model { get; init; }

    /// <summary>Gets why a service made no image: what its content filter said.</summary>
    public string? Refusal { get; init; }
}
