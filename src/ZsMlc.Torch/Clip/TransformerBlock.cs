using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>A pre-norm transformer block: x + attention(ln_1 x), then x + mlp(ln_2 x), plus what a branch beside the perceptron makes of ln_2 x.</summary>
public sealed class TransformerBlock : nn.Module<Tensor, Tensor>
{
    private readonly bool _causal;
    internal readonly SelfAttention attn;
    internal readonly LayerNorm ln_1;
    internal readonly Mlp mlp;
    internal readonly LayerNorm ln_2;
    internal readonly TowerBranch? global_branch;

    internal TransformerBlock(int width, int mlpWidth, int heads, int layers, bool causal, bool quickGelu, TowerBranch? branch = null)
        : base(nameof(TransformerBlock))
    {
        _causal = causal;

        // Initial spread of OpenAI's CLIP: the residual branches shrink with the depth of the tower.
        var spread = Math.Pow(width, -0.5) * Math.Pow(2 * layers, -0.5);
        attn = new(width, heads, Math.Pow(width, -0.5), spread);
        ln_1 = Layers.LayerNorm(width);
        mlp = new(width, mlpWidth, Math.Pow(2 * width, -0.5), spread, quickGelu);
        ln_2 = Layers.LayerNorm(width);
        global_branch = branch;
        RegisterComponents();
    }

    /// <summary>Maps tokens [B, L, width] to tokens of the same shape.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return ForwardKeeping(x).Output.MoveToOuterDisposeScope();
    }

    /// <summary>Like forward, and returns the keys and values [B, heads, L, d] for tokens that come later.</summary>
    public (Tensor Output, Tensor Keys, Tensor Values) ForwardKeeping(Tensor x)
    {
        using var scope = NewDisposeScope();
        var (q, k, v) = attn.Project(ln_1.forward(x));
        return (Finish(x, attn.Attend(q, k, v, null, _causal)).MoveToOuterDisposeScope(), k.MoveToOuterDisposeScope(), v.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// Continues a causal block behind a prefix that is the same for every row: the rows see the prefix and, causally,
    /// themselves.
    /// </summary>
    /// <param name="x">Tokens behind the prefix [B, L, width].</param>
    /// <param name="prefixKeys">Keys of the prefix [1 or B, heads, P, d].</param>
    /// <param name="prefixValues">Values of the prefix [1 or B, heads, P, d].</param>
    /// <param name="mask">Boolean [L, P + L], true where a token may look.</param>
    public Tensor ForwardAfter(Tensor x, Tensor prefixKeys, Tensor prefixValues, Tensor mask)
    {
        using var scope = NewDisposeScope();
        var (q, k, v) = attn.Project(ln_1.forward(x));
        long[] shape = [x.shape[0], prefixKeys.shape[1], prefixKeys.shape[2], prefixKeys.shape[3]];
        var keys = cat([prefixKeys.expand(shape), k], 2);
        var values = cat([prefixValues.expand(shape), v], 2);
        return Finish(x, attn.Attend(q, keys, values, mask, causal: false)).MoveToOuterDisposeScope();
    }

    private Tensor Finish(Tensor x, Tensor attended)
    {
        x = x + attended;
        var normed = ln_2.forward(x);
        x = x + mlp.forward(normed);
        return global_branch is null ? x : x + global_branch.forward(normed);
    }
}
