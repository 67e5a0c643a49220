using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.TextEncoder;

/// <summary>Causal self-attention with separate projections, as Hugging Face names them.</summary>
internal sealed class ClipTextAttention : nn.Module<Tensor, Tensor?, Tensor>
{
    private readonly int _heads;
    internal readonly Linear k_proj;
    internal readonly Linear v_proj;
    internal readonly Linear q_proj;
    internal readonly Linear out_proj;

    public ClipTextAttention(TextEncoderConfig config)
        : base(nameof(ClipTextAttention))
    {
        _heads = config.NumAttentionHeads;
        var width = config.HiddenSize;
        k_proj = Layers.Linear(width, width);
        v_proj = Layers.Linear(width, width);
        q_proj = Layers.Linear(width, width);
        out_proj = Layers.Linear(width, width);
        RegisterComponents();
    }

    /// <summary>Attends causally, or under the given mask (boolean [B, 1, L, L], true where a token may look).</summary>
    public override Tensor forward(Tensor x, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        Tensor Heads(Tensor t) => t.view(x.shape[0], x.shape[1], _heads, -1).transpose(1, 2);
        var attended = nn.functional.scaled_dot_product_attention(Heads(q_proj.forward(x)), Heads(k_proj.forward(x)), Heads(v_proj.forward(x)), attn_mask: mask, is_casual: mask is null);
        return out_proj.forward(attended.transpose(1, 2).reshape(x.shape)).MoveToOuterDisposeScope();
    }
}

/// <summary>The perceptron of a block.</summary>
internal sealed class ClipTextMlp : nn.Module<Tensor, Tensor>
{
    private readonly bool _quick;
    internal readonly Linear fc1;
    internal readonly Linear fc2;

    public ClipTextMlp(TextEncoderConfig config)
        : base(nameof(ClipTextMlp))
    {
        _quick = config.HiddenAct switch
        {
            "quick_gelu" => true,
            "gelu" => false,
            var other => throw new NotSupportedException($"The text encoder's activation '{other}' is not supported; expected quick_gelu or gelu."),
        };
        fc1 = Layers.Linear(config.HiddenSize, config.IntermediateSize);
        fc2 = Layers.Linear(config.IntermediateSize, config.HiddenSize);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var h = fc1.forward(x);
        return fc2.forward(_quick ? h * sigmoid(1.702 * h) : nn.functional.gelu(h)).MoveToOuterDisposeScope();
    }
}

/// <summary>A pre-norm block.</summary>
internal sealed class ClipTextLayer : nn.Module<Tensor, Tensor?, Tensor>
{
    internal readonly ClipTextAttention self_attn;
    internal readonly LayerNorm layer_norm1;
    internal readonly ClipTextMlp mlp;
    internal readonly LayerNorm layer_norm2;

    public ClipTextLayer(TextEncoderConfig config)
        : base(nameof(ClipTextLayer))
    {
        self_attn = new(config);
        layer_norm1 = Layers.LayerNorm(config.HiddenSize, config.LayerNormEps);
        mlp = new(config);
        layer_norm2 = Layers.LayerNorm(config.HiddenSize, config.LayerNormEps);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var y = x + self_attn.forward(layer_norm1.forward(x), mask);
        return (y + mlp.forward(layer_norm2.forward(y))).MoveToOuterDisposeScope();
    }
}
