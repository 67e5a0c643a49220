using System.Text.Json.Serialization;

namespace ZsMlc.MLNet.SyntheticData.Store;

/// <summary>What is known of a slot.</summary>
/// <param name="Slot">The slot, from 0.</param>
/// <param name="Store">The identity of the store that the record belongs to.</param>
/// <param name="Labels">The labels asked for.</param>
/// <param name="Attempts">The attempts so far, in order; only the last can be accepted.</param>
internal sealed record SlotRecord(int Slot, string Store, IReadOnlyList<string> Labels, IReadOnlyList<AttemptRecord> Attempts)
{
    /// <summary>SHA-256 of the record with this value empty: tells damage.</summary>
    public string Sha256 { get; init; } = "";

    [JsonIgnore]
    public bool IsAccepted => Attempts.Any(a => a.Accepted);

    /// <summary>Whether the record says what a run can have come to: a checksum tells damage, not what somebody wrote by hand.</summary>
    [JsonIgnore]
    public bool IsSound =>
        Store is not null && Labels is not null && !Labels.Contains(null!) && Attempts is not null
        && Enumerable.Range(0, Attempts.Count).All(i => Attempts[i] is { } attempt && attempt.IsSound(Slot, i) && (!attempt.Accepted || i == Attempts.Count - 1));

    /// <summary>Whether no further attempt is to be made.</summary>
    public bool IsFinished(int maxAttempts) => IsAccepted || Attempts.Count >= maxAttempts;
}

/// <summary>One attempt.</summary>
/// <param name="Prompt">The text that the image was generated from.</param>
/// <param name="Seed">The seed of its noise.</param>
/// <param name="Accepted">Whether the image counts.</param>
/// <param name="Abandoned">Whether the image was given up at its preview.</param>
/// <param name="Image">The image file, where one was kept.</param>
/// <param name="PseudoLabels">Labels beyond the asked ones.</param>
/// <param name="Scores">V of every candidate; empty without a filter.</param>
internal sealed record AttemptRecord(
    string Prompt,
    long Seed,
    bool Accepted,
    bool Abandoned,
    StoredImage? Image,
    IReadOnlyList<string> PseudoLabels,
    IReadOnlyList<float> Scores)
{
    /// <summary>The model that a service answered with; <see langword="null"/>, and not written, for a model of our own.</summary>
    public string? Model { get; init; }

    /// <summary>Why a service made no image; <see langword="null"/>, and not written, where none refused.</summary>
    public string? Refusal { get; init; }

    /// <summary>Whether the values are there, and the image is where the store keeps it.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="attempt">The attempt, from 0.</param>
    public bool IsSound(int slot, int attempt) =>
        Prompt is not null && Scores is not null && PseudoLabels is not null && !PseudoLabels.Contains(null!)
        && (Refusal is null || (Image is null && !Abandoned && !Accepted))
        && (Image is null ? !Accepted : Image is { File: { } file, Width: > 0, Height: > 0, Length: > 0, Sha256: not null }
            && file == (Accepted ? StoreLayout.Image(slot, Path.GetExtension(file)) : StoreLayout.RejectedImage(slot, attempt, Path.GetExtension(file))));
}

/// <summary>An image file of the store.</summary>
/// <param name="File">Its path from the store's folder, with forward slashes.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="Sha256">SHA-256 of the file.</param>
internal sealed record StoredImage(string File, int Width, int Height, long Length, string Sha256);
