using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>Multi-head self-attention with one joint input projection, named as in CLIP's checkpoints.</summary>
public sealed class SelfAttention : nn.Module<Tensor, Tensor>
{
    private readonly int _heads;
    internal readonly Parameter in_proj_weight;
    internal readonly Parameter in_proj_bias;
    internal readonly Linear out_proj;

    internal SelfAttention(int width, int heads, double inStd, double outStd)
        : base(nameof(SelfAttention))
    {
        if (width % heads != 0)
        {
            throw new ArgumentException($"The width {width} is not a multiple of the {heads} heads.", nameof(heads));
        }

        _heads = heads;
        in_proj_weight = Layers.Normal(inStd, 3 * width, width);
        in_proj_bias = Layers.Constant(0, 3 * width);
        out_proj = Layers.Linear(width, width);
        Layers.Normal_(out_proj.weight, outStd);
        nn.init.zeros_(out_proj.bias!);
        RegisterComponents();
    }

    /// <summary>Gets the number of heads.</summary>
    internal int Heads => _heads;

    /// <summary>Queries, keys and values, each [B, heads, L, width / heads].</summary>
    /// <param name="x">Tokens [B, L, width].</param>
    public (Tensor Queries, Tensor Keys, Tensor Values) Project(Tensor x)
    {
        using var scope = NewDisposeScope();
        var joint = nn.functional.linear(x, in_proj_weight, in_proj_bias);
        var split = joint.view(x.shape[0], x.shape[1], 3, _heads, -1).permute(2, 0, 3, 1, 4).unbind(0);
        return (split[0].MoveToOuterDisposeScope(), split[1].MoveToOuterDisposeScope(), split[2].MoveToOuterDisposeScope());
    }

    /// <summary>Softmax attention and the output projection: [B, L, width].</summary>
    /// <param name="q">Queries [B, heads, L, d].</param>
    /// <param name="k">Keys [B, heads, M, d].</param>
    /// <param name="v">Values [B, heads, M, d].</param>
    /// <param name="mask">Boolean [L, M], true where a query may look, or <see langword="null"/>.</param>
    /// <param name="causal">Whether each token sees only itself and those before it; then L = M.</param>
    public Tensor Attend(Tensor q, Tensor k, Tensor v, Tensor? mask, bool causal)
    {
        using var scope = NewDisposeScope();
        var attended = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask: mask, is_casual: causal);
        return out_proj.forward(attended.transpose(1, 2).reshape(q.shape[0], q.shape[2], -1)).MoveToOuterDisposeScope();
    }

    /// <summary>Attention of every token to every token.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var (q, k, v) = Project(x);
        return Attend(q, k, v, null, causal: false).MoveToOuterDisposeScope();
    }
}
