using TorchSharp;
using TorchSharp.Modules;
using ZsMlc.Torch.Kernels;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>The arithmetic of a <see cref="TransformerBlock"/> on weights that were taken out of it, and the short ways through a last block.</summary>
internal sealed class DenseTransformerBlock : IDisposable
{
    private readonly Norm _first, _second;
    private readonly TakenLinear _in, _query, _keysAndValues, _out, _up, _down;
    private readonly TowerBranch? _branch;
    private readonly FusedActivation? _fused;
    private readonly Func<Tensor, Tensor> _activation;
    private readonly int _heads;

    /// <summary>Takes the weights of a block.</summary>
    /// <param name="source">The block; its branch stays where it is and must outlive this one.</param>
    /// <param name="weights">Gives the tensors to compute with.</param>
    public DenseTransformerBlock(TransformerBlock source, TakenWeights weights)
    {
        var (attention, mlp) = (source.attn, source.mlp);
        (_first, _second) = (new(source.ln_1, weights), new(source.ln_2, weights));
        _in = weights.Linear(attention.in_proj_weight, attention.in_proj_bias);
        var width = attention.in_proj_bias.shape[0] / 3;
        (_query, _keysAndValues) = (_in.Part(0, width), _in.Part(width, 2 * width));
        _out = weights.Linear(attention.out_proj.weight, attention.out_proj.bias!);

        // u·σ(a·u) = swish(a·u) / a: where weights are copied in any case, a goes into those in front and 1/a into those behind.
        var factor = mlp.IsQuick && weights.Packs ? QuickGelu.Factor : 1;
        _up = weights.Linear(mlp.c_fc.weight, mlp.c_fc.bias!, factor, factor);
        _down = weights.Linear(mlp.c_proj.weight, mlp.c_proj.bias!, 1 / factor);
        _fused = !mlp.IsQuick ? FusedActivation.Gelu : weights.Packs ? FusedActivation.Swish : null;
        (_branch, _activation, _heads) = (source.global_branch, mlp.Activation, attention.Heads);
    }

    /// <summary>The block: [B, N, W] to [B, N, W].</summary>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var joint = _in.Forward(_first.Of(x)).chunk(3, -1);
        var y = _out.Plus(Attended(joint[0], joint[1], joint[2]), x);
        return Finish(y, y.shape[1]).MoveToOuterDisposeScope();
    }

    /// <summary>The block as the last one where only token 0 is asked for: [B, N, W] to [B, 1, W].</summary>
    public Tensor ForwardFirst(Tensor x)
    {
        using var scope = NewDisposeScope();
        if (_branch is not null)
        {
            return Forward(x)[.., ..1].MoveToOuterDisposeScope();
        }

        var normed = _first.Of(x);
        var joint = _keysAndValues.Forward(normed).chunk(2, -1);
        return Finish(Global(x, normed, joint), 1).MoveToOuterDisposeScope();
    }

    /// <summary>The block as the last one: token 0 attends to all, every other token keeps its own value.</summary>
    public Tensor ForwardDense(Tensor x, DensePath path)
    {
        using var scope = NewDisposeScope();
        var normed = _first.Of(x);
        var joint = _keysAndValues.Forward(normed).chunk(2, -1);
        var values = joint[1][.., 1..];
        var own = path is DensePath.Residual or DensePath.ResidualMlp ? _out.Plus(values, x[.., 1..]) : _out.Forward(values);
        return Finish(cat([Global(x, normed, joint), own], 1), path is DensePath.ResidualMlp or DensePath.Mlp ? x.shape[1] : 1).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        foreach (var part in new IDisposable[] { _first, _second, _in, _query, _keysAndValues, _out, _up, _down })
        {
            part.Dispose();
        }
    }

    /// <summary>Token 0 with what it attends to.</summary>
    private Tensor Global(Tensor x, Tensor normed, Tensor[] keysAndValues) =>
        _out.Plus(Attended(_query.Forward(normed[.., ..1]), keysAndValues[0], keysAndValues[1]), x[.., ..1]);

    private Tensor Attended(Tensor queries, Tensor keys, Tensor values) =>
        FlashAttention.Forward(queries, keys, values, _heads)
        ?? nn.functional.scaled_dot_product_attention(Heads(queries), Heads(keys), Heads(values)).transpose(1, 2).flatten(2);

    private Tensor Heads(Tensor x) => x.view(x.shape[0], x.shape[1], _heads, -1).transpose(1, 2);

    /// <summary>Adds the perceptron to the first tokens, and the branch to all.</summary>
    private Tensor Finish(Tensor y, long through)
    {
        var rest = y.shape[1] - through;
        if (_branch is null && rest > 0)
        {
            var parts = y.split([through, rest], 1);
            return cat([Finish(parts[0], through), parts[1]], 1);
        }

        var normed = _second.Of(y);
        var result = rest > 0
            ? cat([Perceptron(normed[.., ..(int)through], y[.., ..(int)through]), y[.., (int)through..]], 1)
            : Perceptron(normed, y);
        return _branch is null ? result : result.add_(_branch.forward(normed));
    }

    private Tensor Perceptron(Tensor normed, Tensor residual) =>
        _down.Plus(_fused is { } activation ? _up.Forward(normed, activation) : _activation(_up.Forward(normed)), residual);

    /// <summary>A layer norm on taken weights.</summary>
    internal sealed class Norm(LayerNorm source, TakenWeights weights) : IDisposable
    {
        private readonly Tensor _weight = weights.Take(source.weight!), _bias = weights.Take(source.bias!);
        private readonly double _eps = source.eps;

        public Tensor Of(Tensor x) => nn.functional.layer_norm(x, [x.shape[^1]], _weight, _bias, _eps);

        public void Dispose()
        {
            _weight.Dispose();
            _bias.Dispose();
        }
    }
}
