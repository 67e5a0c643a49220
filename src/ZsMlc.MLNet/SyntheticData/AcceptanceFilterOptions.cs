using ZsMlc.Torch;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>
/// How generated images are judged while they are made: an image that CLIP does not recognise is made again, from
/// another prompt and seed, until one is accepted.
/// </summary>
public sealed record AcceptanceFilterOptions
{
    /// <summary>Gets the path of the CLIP model that judges; published is ViT-B/32.</summary>
    public required string Clip { get; init; }

    /// <summary>Gets θ, 0 to 1: every asked label's V must be above it. Default 0.5.</summary>
    public float Threshold { get; init; } = 0.5f;

    /// <summary>Gets the text that a label is put into at <c>{0}</c> before CLIP compares it with the image. Default: the bare name.</summary>
    public string Template { get; init; } = "{0}";

    /// <summary>Gets the attempts at one image, 1 or more; after them its place stays empty and is reported. Default 10.</summary>
    public int MaxAttempts { get; init; } = 10;

    /// <summary>Gets the V, 0 to 1, above which an unseen label that nobody asked for is added to an image; <see langword="null"/> for none. Default none.</summary>
    public float? PseudoLabelThreshold { get; init; }

    /// <summary>Gets the sampling step (counted from 1) after which a cheap preview is judged, so that hopeless images cost no more steps; 0 for none. Default 0.</summary>
    public int PreviewStep { get; init; }

    /// <summary>Gets the V, 0 to 1, that every asked label of a preview must reach; below it the image is given up. Default 0.05.</summary>
    public float PreviewThreshold { get; init; } = 0.05f;

    /// <summary>Throws when a value is missing or out of its range; the message names the option.</summary>
    internal void Validate(int steps)
    {
        const string parent = nameof(SyntheticUnseenDataOptions.AcceptanceFilter);
        ArgumentException.ThrowIfNullOrWhiteSpace(Clip, $"{parent}.{nameof(Clip)}");
        OptionRange.Check(nameof(Threshold), Threshold, Threshold is >= 0 and <= 1, "0 to 1", parent);
        OptionRange.Check(nameof(MaxAttempts), MaxAttempts, MaxAttempts >= 1, "1 or more", parent);
        OptionRange.Check(nameof(PseudoLabelThreshold), PseudoLabelThreshold, PseudoLabelThreshold is null or (>= 0 and <= 1), "0 to 1, or null", parent);
        OptionRange.Check(nameof(PreviewStep), PreviewStep, PreviewStep >= 0 && PreviewStep < steps, $"0 (none) or below the {steps} sampling steps", parent);
        OptionRange.Check(nameof(PreviewThreshold), PreviewThreshold, PreviewThreshold is >= 0 and <= 1, "0 to 1", parent);
        if (Template is null || !Template.Contains("{0}", StringComparison.Ordinal))
        {
            throw new ArgumentException($"{nameof(Template)} is '{Template}'; expected a text with {{0}} where the label goes.", nameof(Template));
        }
    }
}
