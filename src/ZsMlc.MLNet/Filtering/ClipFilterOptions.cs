using ZsMlc.MLNet.Images;
using ZsMlc.Torch;
using ZsMlc.Torch.Filtering;
using static TorchSharp.torch;

namespace ZsMlc.MLNet.Filtering;

/// <summary>Labels, judge and rule of <see cref="ClipFilterEstimator"/>.</summary>
public sealed record ClipFilterOptions
{
    /// <summary>Gets the labels of the task; rows may have no others.</summary>
    public required LabelSet Labels { get; init; }

    /// <summary>Gets the path of the CLIP model that judges: OpenAI's TorchScript archive, an open_clip file or folder, or a Hugging Face folder. ViT-B/32 as published.</summary>
    public required string Clip { get; init; }

    /// <summary>Gets the labels that compete with each other: two or more out of <see cref="Labels"/>. Default: the unseen ones.</summary>
    public IReadOnlyList<string>? Candidates { get; init; }

    /// <summary>Gets θ, which V of every label of a kept row must exceed, 0 to 1. Default 0.5.</summary>
    public float Threshold { get; init; } = 0.5f;

    /// <summary>Gets the text that CLIP reads for a label, with the label at <c>{0}</c>. Default: the bare name.</summary>
    public string Template { get; init; } = "{0}";

    /// <summary>Gets the V from which on a kept row gets a label that it was not made for, 0 to 1, exclusive; <see langword="null"/> adds none. Default null.</summary>
    public float? PseudoLabelThreshold { get; init; }

    /// <summary>Gets which labels imply others; kept rows get the implied ones that are in <see cref="Labels"/>. Default: none.</summary>
    public LabelHierarchy Hierarchy { get; init; } = LabelHierarchy.None;

    /// <summary>Gets the column that V of every candidate is written to, as Vector&lt;Single&gt; with slot names, NaN in rows that are not judged; <see langword="null"/> for none. Default null.</summary>
    public string? ScoresColumn { get; init; }

    /// <summary>Gets the rows that are judged at once, 1 or more. Default 32.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>
    /// Gets the element type that the image tower computes in: BFloat16, about twice as fast on processors and GPUs that
    /// have it (on a processor that is slower in it, Float32), or Float32. Scores are single precision in either case. Default: Float32.
    /// </summary>
    public ScalarType? Precision { get; init; }

    /// <summary>Gets the most pixels (width times height) of an image, whoever decoded it, 1 or more; a row with a larger one ends the run. Default 64 million.</summary>
    public long MaximumPixels { get; init; } = ImageReadOptions.DefaultMaximumPixels;

    /// <summary>Gets whether saved filters contain the CLIP model, in half precision and of up to 2 GB, instead of its path alone. Default false.</summary>
    public bool IncludeModel { get; init; }

    /// <summary>Gets the column of images. Default <c>Image</c>.</summary>
    public string ImageColumn { get; init; } = "Image";

    /// <summary>Gets the column of labels. Default <c>Labels</c>.</summary>
    public string LabelColumn { get; init; } = "Labels";

    /// <summary>Gets the column that says whether a row is synthetic; real rows pass unjudged. In data without it, every row is judged. Default <c>IsSynthetic</c>.</summary>
    public string SyntheticColumn { get; init; } = "IsSynthetic";

    /// <summary>Gets the token that ends reading between batches.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>Throws when a value is missing or out of its range; the message names the option.</summary>
    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Labels);
        ArgumentException.ThrowIfNullOrWhiteSpace(Clip);
        ArgumentNullException.ThrowIfNull(Template);
        ArgumentNullException.ThrowIfNull(Hierarchy);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumPixels, 1);
        OptionRange.Check(nameof(Precision), Precision, Precision is null or ScalarType.Float32 or ScalarType.BFloat16, "Float32 or BFloat16");
        OptionRange.Check(nameof(Threshold), Threshold, Threshold is >= 0 and <= 1, "0 to 1");
        OptionRange.Check(nameof(PseudoLabelThreshold), PseudoLabelThreshold, PseudoLabelThreshold is null or (>= 0 and <= 1), "0 to 1");

        if (!Template.Contains("{0}", StringComparison.Ordinal))
        {
            throw new ArgumentException($"{nameof(Template)} is '{Template}', without {{0}} for the label.");
        }

        ColumnNames.Check(
            (nameof(ImageColumn), ImageColumn ?? ""), (nameof(LabelColumn), LabelColumn ?? ""), (nameof(SyntheticColumn), SyntheticColumn ?? ""), (nameof(ScoresColumn), ScoresColumn));
        CheckCandidates(Candidates ?? Labels.Unseen);
    }

    private void CheckCandidates(IReadOnlyList<string> candidates)
    {
        if (candidates.FirstOrDefault(c => !Labels.Contains(c)) is { } stranger)
        {
            throw new ArgumentException($"{nameof(Candidates)} has '{stranger}', which is not in {nameof(Labels)}.");
        }

        if (candidates.GroupBy(c => c).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"{nameof(Candidates)} has '{twice.Key}' twice.");
        }

        if (candidates.Count < 2)
        {
            throw new ArgumentException($"{nameof(Candidates)} has {candidates.Count} label(s); a label is judged against others, so two or more are needed. Without {nameof(Candidates)} they are the unseen labels; name more, such as all labels.");
        }
    }
}
