using TorchSharp;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Filtering;
using static TorchSharp.torch;

namespace MicroWorld.Evaluation;

/// <summary>A CLIP with the bare names of some labels as candidates.</summary>
internal sealed class Judge
{
    private readonly ClipModel clip;
    private readonly string[] labels;
    private readonly Tensor texts;

    public Judge(ClipModel clip, IReadOnlyList<string> labels)
    {
        this.clip = clip;
        this.labels = [.. labels];
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        texts = nn.functional.normalize(clip.EncodeText(this.labels), dim: -1).DetachFromDisposeScope();
    }

    public IReadOnlyList<string> Labels => labels;

    /// <summary>τ · cosine for pictures [B, 3, H, W] in [0, 1]; [B, labels].</summary>
    public Tensor Scores(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var parts = pictures.split(100).Select(p => nn.functional.normalize(clip.EncodeImage(clip.Preprocessor.Preprocess(p)), dim: -1)).ToArray();
        return (matmul(cat(parts), texts.t()) * clip.LogitScale.exp()).MoveToOuterDisposeScope();
    }

    /// <summary>Which pictures the published filter rule keeps for the labels that each should show.</summary>
    public bool[] Keeps(Tensor pictures, IReadOnlyList<IReadOnlyList<string>> named)
    {
        using var scope = NewDisposeScope();
        var targets = new bool[named.Count * labels.Length];
        for (var i = 0; i < named.Count; i++)
        {
            foreach (var name in named[i])
            {
                targets[i * labels.Length + Array.IndexOf(labels, name)] = true;
            }
        }

        var v = GroupingSoftmax.Compute(Scores(pictures), tensor(targets).reshape(named.Count, -1)).contiguous().data<float>().ToArray();
        return [.. named.Select((n, i) => KeepRule.Default.Keep(
            v.AsSpan(i * labels.Length, labels.Length), [.. n.Select(l => Array.IndexOf(labels, l))]))];
    }

    /// <summary>Share of kept pictures in percent.</summary>
    public double KeptPercent(Tensor pictures, IReadOnlyList<IReadOnlyList<string>> named) =>
        100.0 * Keeps(pictures, named).Count(k => k) / named.Count;
}
