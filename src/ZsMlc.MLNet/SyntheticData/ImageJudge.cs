using TorchSharp;
using ZsMlc.MLNet.Images;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Filtering;
using static TorchSharp.torch;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>Decides by CLIP which generated images are kept, and which are not worth finishing.</summary>
internal sealed class ImageJudge : IDisposable
{
    private readonly AcceptanceFilterOptions _options;
    private readonly LabelHierarchy _hierarchy;
    private readonly ClipModel _clip;
    private readonly ClipDiscriminator _discriminator;
    private readonly Dictionary<string, int> _indexes;

    /// <summary>Opens the CLIP model; it judges in single precision.</summary>
    public ImageJudge(AcceptanceFilterOptions options, IReadOnlyList<string> candidates, LabelHierarchy hierarchy, Device device)
    {
        (_options, _hierarchy) = (options, hierarchy);
        _indexes = candidates.Select((l, i) => (l, i)).ToDictionary(p => p.l, p => p.i, StringComparer.Ordinal);
        _clip = ClipModel.FromPretrained(options.Clip, device);
        try
        {
            _discriminator = new(_clip, candidates, options.Template);
        }
        catch
        {
            _clip.Dispose();
            throw;
        }
    }

    /// <summary>Opens the judge that options ask for.</summary>
    /// <returns><see langword="null"/> where images are not judged.</returns>
    public static ImageJudge? Open(SyntheticUnseenDataOptions options, Device device) =>
        options.AcceptanceFilter is { } filter ? new(filter, options.Labels.Unseen, options.Hierarchy, device) : null;

    /// <summary>What becomes of images that nobody judges: all are taken, with the parents of their labels.</summary>
    /// <param name="images">The images; those that were refused have none.</param>
    /// <param name="labels">The labels that each was asked to show.</param>
    /// <param name="hierarchy">The parents.</param>
    public static IReadOnlyList<SlotOutcome> TakeAll(IReadOnlyList<RgbPixels?> images, IReadOnlyList<IReadOnlyList<string>> labels, LabelHierarchy hierarchy) =>
        [.. images.Select((image, i) => new SlotOutcome(image, image is not null, [], image is null ? [] : [.. hierarchy.WithAncestors(labels[i]).Skip(labels[i].Count)]))];

    /// <summary>Judges finished images.</summary>
    /// <param name="images">The images, all of one size; those that were given up or refused have none.</param>
    /// <param name="labels">The labels that each was asked to show.</param>
    public IReadOnlyList<SlotOutcome> Judge(IReadOnlyList<RgbPixels?> images, IReadOnlyList<IReadOnlyList<string>> labels)
    {
        var finished = Enumerable.Range(0, images.Count).Where(i => images[i] is not null).ToList();
        var targets = finished.Select(i => Targets(labels[i])).ToList();
        var values = finished.Count == 0 ? [] : Values(finished.Select(i => images[i]!).ToList(), targets);
        var outcomes = images.Select(_ => new SlotOutcome(null, false, [], [])).ToArray();
        for (var k = 0; k < finished.Count; k++)
        {
            var kept = new KeepRule(_options.Threshold).Keep(values[k], targets[k]);
            outcomes[finished[k]] = new(images[finished[k]], kept, values[k], kept ? Further(values[k], targets[k], labels[finished[k]]) : []);
        }

        return outcomes;
    }

    /// <summary>Tells which previews are worth going on with: V of every asked label is at least the preview threshold.</summary>
    /// <param name="previews">Estimates of the clean images, about −1 to 1 [B, 3, H, W].</param>
    /// <param name="labels">The labels that each is asked to show.</param>
    public IReadOnlyList<bool> Promises(Tensor previews, IReadOnlyList<IReadOnlyList<string>> labels)
    {
        using var scope = NewDisposeScope();
        var targets = labels.Select(Targets).ToList();
        var values = Values((previews.to(ScalarType.Float32) / 2 + 0.5).clamp(0, 1), targets);
        return [.. targets.Select((t, i) => t.All(c => values[i][c] >= _options.PreviewThreshold))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _discriminator.Dispose();
        _clip.Dispose();
    }

    private IReadOnlyCollection<int> Targets(IReadOnlyList<string> labels) => [.. labels.Select(l => _indexes[l])];

    private IReadOnlyList<string> Further(float[] values, IReadOnlyCollection<int> targets, IReadOnlyList<string> labels)
    {
        var seen = _options.PseudoLabelThreshold is { } threshold ? PseudoLabels.Find(values, targets, threshold).Select(i => _discriminator.Labels[i]) : [];
        return [.. _hierarchy.WithAncestors(labels.Concat(seen)).Skip(labels.Count)];
    }

    private float[][] Values(List<RgbPixels> images, List<IReadOnlyCollection<int>> targets)
    {
        using var scope = NewDisposeScope();
        var (height, width) = (images[0].Height, images[0].Width);
        var bytes = empty([images.Count, height, width, 3], ScalarType.Byte);
        for (var i = 0; i < images.Count; i++)
        {
            images[i].Pixels.CopyTo(bytes.bytes[(i * 3 * height * width)..]);
        }

        return Values(bytes.permute(0, 3, 1, 2), targets);
    }

    private float[][] Values(Tensor images, List<IReadOnlyCollection<int>> targets)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var values = _discriminator.Judge(images, _discriminator.Targets(targets)).to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
        return [.. values.Chunk(_discriminator.Labels.Count)];
    }
}
