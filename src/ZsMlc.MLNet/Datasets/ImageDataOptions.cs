using ZsMlc.MLNet.Images;

namespace ZsMlc.MLNet.Datasets;

/// <summary>How a loader chooses labels and images, and what it does with files it cannot read.</summary>
public sealed record ImageDataOptions
{
    /// <summary>Gets the labels to keep; others are dropped from the rows. Default: all that the data set names.</summary>
    public IReadOnlyCollection<string>? Labels { get; init; }

    /// <summary>Gets label names that stand for names of the data set, such as "tv" → "television"; applied before <see cref="Labels"/>. Default: none.</summary>
    public IReadOnlyDictionary<string, string>? Names { get; init; }

    /// <summary>Gets labels whose images are left out altogether, such as the unseen labels in a training set. Default: none.</summary>
    public IReadOnlyCollection<string>? Without { get; init; }

    /// <summary>Gets whether images that have none of the <see cref="Labels"/> are left out. Default false.</summary>
    public bool SkipUnlabelled { get; init; }

    /// <summary>Gets which pictures are accepted and how they are decoded. Default: whole ones of up to 64 million pixels, turned upright.</summary>
    public ImageReadOptions Reading { get; init; } = new();

    /// <summary>Gets whether unreadable images (missing, no picture, damaged, cut short, too large) are left out, with a warning in <c>MLContext.Log</c>, instead of ending the run. Default false.</summary>
    public bool SkipUnreadable { get; init; }

    /// <summary>Gets what is called once for every image that <see cref="SkipUnreadable"/> left out; for counting. Any thread may call it, one at a time. Default: nothing.</summary>
    public Action<ImageReadException>? Unreadable { get; init; }

    /// <summary>Gets what is called with the path of every file that <c>LoadImagesFromFolder</c> passes over because its ending is not that of a picture; for counting. Default: nothing.</summary>
    public Action<string>? PassedOver { get; init; }
}
