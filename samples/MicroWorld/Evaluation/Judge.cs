using TorchSharp;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Filtering;
using static TorchSharp.torch;

namespace MicroWorld.Evaluation;

/// <summary>The library's discriminator and keep rule over named labels.</summary>
internal sealed class Judge(ClipModel clip, IReadOnlyList<string> labels) : IDisposable
{
    public ClipDiscriminator Discriminator { get; } = new(clip, labels);

    /// <summary>τ · cosine for pictures [B, 3, H, W], bytes or floats in [0, 1]; [B, labels].</summary>
    public Tensor Scores(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        return cat([.. pictures.split(100).Select(Discriminator.Scores)]).MoveToOuterDisposeScope();
    }

    /// <summary>Indices of names among the labels.</summary>
    public int[] Indices(IReadOnlyList<string> named) => [.. named.Select(n => labels.ToList().IndexOf(n))];

    /// <summary>Which pictures the published filter rule keeps for the labels that each should show.</summary>
    public bool[] Keeps(Tensor pictures, IReadOnlyList<IReadOnlyList<string>> named)
    {
        using var scope = NewDisposeScope();
        var targets = named.Select(n => (IReadOnlyCollection<int>)Indices(n)).ToList();
        var v = GroupingSoftmax.Compute(Scores(pictures), Discriminator.Targets(targets)).contiguous().data<float>().ToArray();
        return [.. targets.Select((t, i) => KeepRule.Default.Keep(v.AsSpan(i * labels.Count, labels.Count), t))];
    }

    /// <summary>Share of kept pictures in percent.</summary>
    public double KeptPercent(Tensor pictures, IReadOnlyList<IReadOnlyList<string>> named) =>
        100.0 * Keeps(pictures, named).Count(k => k) / named.Count;

    public void Dispose() => Discriminator.Dispose();
}
