using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>The attention pool of CLIP's ResNet: the spatial mean queries the mean and all positions.</summary>
public sealed class AttentionPool : nn.Module<Tensor, Tensor>
{
    private readonly int _grid, _heads;
    internal readonly Parameter positional_embedding;
    internal readonly Linear k_proj;
    internal readonly Linear q_proj;
    internal readonly Linear v_proj;
    internal readonly Linear c_proj;

    internal AttentionPool(int grid, int width, int heads, int outputDim)
        : base(nameof(AttentionPool))
    {
        (_grid, _heads) = (grid, heads);
        var std = Math.Pow(width, -0.5);
        positional_embedding = Layers.Normal(std, grid * grid + 1, width);
        k_proj = Layers.Linear(width, width);
        q_proj = Layers.Linear(width, width);
        v_proj = Layers.Linear(width, width);
        c_proj = Layers.Linear(width, outputDim);
        foreach (var layer in new[] { k_proj, q_proj, v_proj, c_proj })
        {
            Layers.Normal_(layer.weight, std);
        }

        RegisterComponents();
    }

    /// <summary>Another of the same sizes.</summary>
    internal AttentionPool Another() => new(_grid, (int)q_proj.in_features, _heads, (int)c_proj.out_features);

    /// <summary>Pooled features [B, E] of a feature map [B, C, H, W].</summary>
    public override Tensor forward(Tensor map)
    {
        using var scope = NewDisposeScope();
        var tokens = Tokens(map);
        var q = Heads(q_proj.forward(tokens[.., ..1]));
        var k = Heads(k_proj.forward(tokens));
        var v = Heads(v_proj.forward(tokens));
        var attended = nn.functional.scaled_dot_product_attention(q, k, v);
        return c_proj.forward(attended.transpose(1, 2).reshape(map.shape[0], -1)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Value and output projections at the mean and at every position, without attention: [B, 1 + H·W, E]
    /// (f_p = W_c(W_v x_p + b_v) + b_c).
    /// </summary>
    public Tensor Dense(Tensor map)
    {
        using var scope = NewDisposeScope();
        return c_proj.forward(v_proj.forward(Tokens(map))).MoveToOuterDisposeScope();
    }

    /// <summary>The mean of a map [B, C, H, W] and its positions, each with its embedding: [B, 1 + H·W, C].</summary>
    internal Tensor Tokens(Tensor map)
    {
        var (height, width) = (map.shape[2], map.shape[3]);
        var x = map.flatten(2).transpose(1, 2);
        x = cat([x.mean([1], keepdim: true), x], 1);
        return x + PositionGrid.Resize(positional_embedding, _grid, height, width).to(x.dtype);
    }

    private Tensor Heads(Tensor x) => x.view(x.shape[0], x.shape[1], _heads, -1).transpose(1, 2);
}
