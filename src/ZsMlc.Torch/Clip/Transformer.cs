using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>A stack of transformer blocks.</summary>
public sealed class Transformer : nn.Module<Tensor, Tensor>
{
    internal readonly ModuleList<TransformerBlock> resblocks;

    internal Transformer(int width, int mlpWidth, int heads, int layers, bool causal, bool quickGelu, Func<int, TowerBranch?>? branch = null)
        : base(nameof(Transformer))
    {
        resblocks = nn.ModuleList(Enumerable.Range(0, layers).Select(i => new TransformerBlock(width, mlpWidth, heads, layers, causal, quickGelu, branch?.Invoke(i))).ToArray());
        RegisterComponents();
    }

    /// <summary>Gets the blocks in order.</summary>
    public IReadOnlyList<TransformerBlock> Blocks => [.. resblocks];

    /// <summary>Maps tokens [B, L, width] to tokens of the same shape.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var h = x.alias();
        foreach (var block in resblocks)
        {
            var next = block.forward(h);
            h.Dispose();
            h = next;
        }

        return h.MoveToOuterDisposeScope();
    }
}
