using TorchSharp;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Filtering;
using static TorchSharp.torch;

namespace MicroWorld.Evaluation;

/// <summary>The library's discriminator and keep rule over named labels.</summary>
internal sealed class Judge(ClipModel clip, IReadOnlyList<string> labels) : IDisposable
{
    public ClipDiscriminator Discriminator { get; } = new(clip, labels);

    /// <summary>τ · cosine for pictures [B, 3, H, W], bytes or floats in [0, 1]; [B, labels] on the CPU.</summary>
    public Tensor Scores(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        return cat([.. pictures.split(100).Select(Discriminator.Scores)]).cpu().MoveToOuterDisposeScope();
    }

    /// <summary>Indices of names among the labels.</summary>
    public int[] Indices(IReadOnlyList<string> named) => [.. named.Select(n => labels.ToList().IndexOf(n))];

    /// <summary>V of every label for pictures that should each show certain labels.</summary>
    public float[][] Values(Tensor pictures, IReadOnlyList<IReadOnlyList<string>> named)
    {
        using var scope = NewDisposeScope();
        var targets = Discriminator.Targets([.. named.Select(n => (IReadOnlyCollection<int>)Indices(n))]);
        return [.. GroupingSoftmax.Compute(Scores(pictures), targets).contiguous().data<float>().ToArray().Chunk(labels.Count)];
    }

    /// <summary>Which pictures the published filter rule keeps for the labels that each should show.</summary>
    public bool[] Keeps(Tensor pictures, IReadOnlyList<IReadOnlyList<string>> named) =>
        [.. Values(pictures, named).Zip(named, (v, n) => KeepRule.Default.Keep(v, Indices(n)))];

    /// <summary>Share of kept pictures in percent.</summary>
    public double KeptPercent(Tensor pictures, IReadOnlyList<IReadOnlyList<string>> named) =>
        100.0 * Keeps(pictures, named).Count(k => k) / named.Count;

    public void Dispose() => Discriminator.Dispose();
}
