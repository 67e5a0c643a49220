using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>The arithmetic of a <see cref="TransformerBlock"/> on weights that were taken out of it, and its value path.</summary>
internal sealed class DenseTransformerBlock : IDisposable
{
    private readonly Norm _first, _second;
    private readonly Tensor _inWeight, _inBias, _outWeight, _outBias, _upWeight, _upBias, _downWeight, _downBias;
    private readonly TowerBranch? _branch;
    private readonly Func<Tensor, Tensor> _activation;
    private readonly long _heads;

    /// <summary>Takes the weights of a block.</summary>
    /// <param name="source">The block; its branch stays where it is and must outlive this one.</param>
    /// <param name="take">Gives the tensor to compute with for a weight; this object owns it.</param>
    public DenseTransformerBlock(TransformerBlock source, Func<Tensor, Tensor> take)
    {
        (_first, _second) = (new(source.ln_1, take), new(source.ln_2, take));
        (_inWeight, _inBias) = (take(source.attn.in_proj_weight), take(source.attn.in_proj_bias));
        (_outWeight, _outBias) = (take(source.attn.out_proj.weight), take(source.attn.out_proj.bias!));
        (_upWeight, _upBias) = (take(source.mlp.c_fc.weight), take(source.mlp.c_fc.bias!));
        (_downWeight, _downBias) = (take(source.mlp.c_proj.weight), take(source.mlp.c_proj.bias!));
        (_branch, _activation, _heads) = (source.global_branch, source.mlp.Activation, source.attn.Heads);
    }

    /// <summary>The block: [B, N, W] to [B, N, W].</summary>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var joint = nn.functional.linear(_first.Of(x), _inWeight, _inBias).chunk(3, -1);
        var y = Attended(joint[0], joint[1], joint[2]).add_(x);
        return Finish(y, y.shape[1]).MoveToOuterDisposeScope();
    }

    /// <summary>The block as the last one: token 0 attends to all, every other token keeps its own value.</summary>
    public Tensor ForwardDense(Tensor x, DensePath path)
    {
        using var scope = NewDisposeScope();
        var width = x.shape[2];
        var normed = _first.Of(x);
        var query = nn.functional.linear(normed[.., ..1], _inWeight[..(int)width], _inBias[..(int)width]);
        var joint = nn.functional.linear(normed, _inWeight[(int)width..], _inBias[(int)width..]).chunk(2, -1);
        var global = Attended(query, joint[0], joint[1]).add_(x[.., ..1]);
        var own = nn.functional.linear(joint[1][.., 1..], _outWeight, _outBias);
        if (path is DensePath.Residual or DensePath.ResidualMlp)
        {
            own = own.add_(x[.., 1..]);
        }

        return Finish(cat([global, own], 1), path is DensePath.ResidualMlp or DensePath.Mlp ? x.shape[1] : 1).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
        foreach (var weight in new[] { _inWeight, _inBias, _outWeight, _outBias, _upWeight, _upBias, _downWeight, _downBias })
        {
            weight.Dispose();
        }
    }

    private Tensor Attended(Tensor queries, Tensor keys, Tensor values)
    {
        var attended = nn.functional.scaled_dot_product_attention(Heads(queries), Heads(keys), Heads(values));
        return nn.functional.linear(attended.transpose(1, 2).flatten(2), _outWeight, _outBias);
    }

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
        var perceptron = Perceptron(rest > 0 ? normed[.., ..(int)through] : normed);
        var result = rest > 0 ? cat([perceptron + y[.., ..(int)through], y[.., (int)through..]], 1) : perceptron.add_(y);
        return _branch is null ? result : result.add_(_branch.forward(normed));
    }

    private Tensor Perceptron(Tensor normed) =>
        nn.functional.linear(_activation(nn.functional.linear(normed, _upWeight, _upBias)), _downWeight, _downBias);

    /// <summary>A layer norm on taken weights.</summary>
    internal sealed class Norm(LayerNorm source, Func<Tensor, Tensor> take) : IDisposable
    {
        private readonly Tensor _weight = take(source.weight!), _bias = take(source.bias!);
        private readonly double _eps = source.eps;

        public Tensor Of(Tensor x) => nn.functional.layer_norm(x, [x.shape[^1]], _weight, _bias, _eps);

        public void Dispose()
        {
            _weight.Dispose();
            _bias.Dispose();
        }
    }
}
