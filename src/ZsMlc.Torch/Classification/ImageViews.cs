using static TorchSharp.torch;

namespace ZsMlc.Torch.Classification;

/// <summary>
/// Views of an image that are scored beside the whole of it and joined, label by label: small objects fill more of a crop
/// than of the image. Scoring takes <see cref="Count"/> times as long.
/// </summary>
public sealed record ImageViews
{
    private const double SmallestCorner = 0.25;

    /// <summary>Gets the side of crops from the four corners as a share of the image's, 0.25 to below 1; <see langword="null"/> for no crops. Default 2/3: neighbours share half of their width.</summary>
    public double? Corners { get; init; } = 2.0 / 3;

    /// <summary>Gets whether each view is scored mirrored as well. Default false.</summary>
    public bool Flips { get; init; }

    /// <summary>Gets how the views are joined. Default <see cref="ViewJoin.Max"/>.</summary>
    public ViewJoin Join { get; init; }

    /// <summary>Gets the number of views, the whole image among them: 1 to 10.</summary>
    public int Count => (Corners is null ? 1 : 5) * (Flips ? 2 : 1);

    /// <summary>Throws when a value is out of its range; the message names the option.</summary>
    /// <param name="parent">The option that holds these, or null.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    internal void Validate(string? parent = null)
    {
        OptionRange.Check(nameof(Corners), Corners, Corners is null or (>= SmallestCorner and < 1), $"{SmallestCorner} to below 1, or null for no crops", parent);
        OptionRange.Check(nameof(Join), Join, Enum.IsDefined(Join), "Max, LogSumExp or Mean", parent);
    }

    /// <summary>The side of images whose corners need no enlargement for a network that takes images of a side.</summary>
    internal int ReadSize(int inputSize) => Corners is { } share ? (int)Math.Ceiling(inputSize / share - 1e-9) : inputSize;

    /// <summary>The views of images [B, 3, H, W], the whole images first; each shares their memory or is a copy.</summary>
    internal IEnumerable<Tensor> Of(Tensor images)
    {
        foreach (var view in Corners is { } share ? Crops(images, share) : [images])
        {
            yield return view;
            if (Flips)
            {
                yield return view.flip(3);
            }
        }
    }

    /// <summary>One logit difference [B, C] of those of each view.</summary>
    internal Tensor Joined(IReadOnlyList<Tensor> differences)
    {
        using var scope = NewDisposeScope();
        var all = stack([.. differences], 0);
        return (Join switch
        {
            ViewJoin.Max => all.amax([0]),
            ViewJoin.LogSumExp => all.logsumexp(0) - Math.Log(differences.Count),
            _ => all.mean([0]),
        }).MoveToOuterDisposeScope();
    }

    private static IEnumerable<Tensor> Crops(Tensor images, double share)
    {
        yield return images;
        var (height, width) = (Side(images.shape[2], share), Side(images.shape[3], share));
        foreach (var top in new[] { 0, images.shape[2] - height })
        {
            foreach (var left in new[] { 0, images.shape[3] - width })
            {
                yield return images.narrow(2, top, height).narrow(3, left, width);
            }
        }
    }

    private static long Side(long length, double share) => Math.Clamp((long)Math.Round(length * share), 1, length);
}
