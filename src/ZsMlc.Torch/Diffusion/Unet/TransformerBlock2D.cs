using TorchSharp.Modules;
using ZsMlc.Torch.Diffusion.Blocks;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Unet;

/// <summary>Self-attention, cross-attention to the text, perceptron, each behind a layer norm.</summary>
internal sealed class BasicTransformerBlock : nn.Module<Tensor, Tensor, Tensor>
{
    internal readonly LayerNorm norm1;
    internal readonly Attention attn1;
    internal readonly LayerNorm norm2;
    internal readonly Attention attn2;
    internal readonly LayerNorm norm3;
    internal readonly FeedForward ff;

    public BasicTransformerBlock(int width, int contextWidth, int heads)
        : base(nameof(BasicTransformerBlock))
    {
        norm1 = Layers.LayerNorm(width);
        attn1 = new(width, width, heads);
        norm2 = Layers.LayerNorm(width);
        attn2 = new(width, contextWidth, heads);
        norm3 = Layers.LayerNorm(width);
        ff = new(width);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x, Tensor context)
    {
        using var scope = NewDisposeScope();
        x = attn1.forward(norm1.forward(x), null, x);
        x = attn2.forward(norm2.forward(x), context, x);
        return ff.forward(norm3.forward(x), x).MoveToOuterDisposeScope();
    }
}

/// <summary>A transformer over the positions of a feature map.</summary>
internal sealed class Transformer2D : nn.Module<Tensor, Tensor, Tensor>
{
    internal readonly GroupNorm norm;
    internal readonly nn.Module<Tensor, Tensor> proj_in;
    internal readonly ModuleList<BasicTransformerBlock> transformer_blocks;
    internal readonly nn.Module<Tensor, Tensor> proj_out;

    public Transformer2D(int channels, int level, UnetConfig config)
        : base(nameof(Transformer2D))
    {
        norm = Layers.GroupNorm(config.NormNumGroups, channels, 1e-6);
        proj_in = Projection(channels, config);
        transformer_blocks = nn.ModuleList(Enumerable.Range(0, config.TransformerLayersPerBlock[level])
            .Select(_ => new BasicTransformerBlock(channels, config.CrossAttentionDim, config.AttentionHeadDim[level])).ToArray());
        proj_out = Projection(channels, config);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x, Tensor context)
    {
        using var scope = NewDisposeScope();
        var (height, width) = (x.shape[2], x.shape[3]);
        var h = norm.Normalize(x);
        h = proj_in is Conv2d before ? Tokens(before.Convolve(h)) : proj_in.forward(Tokens(h));
        foreach (var block in transformer_blocks)
        {
            h = block.forward(h, context);
        }

        h = proj_out is Conv2d behind ? behind.Convolve(Map(h, height, width), residual: x) : x + Map(proj_out.forward(h), height, width);
        return h.MoveToOuterDisposeScope();
    }

    private static nn.Module<Tensor, Tensor> Projection(int channels, UnetConfig config) =>
        config.UseLinearProjection ? Layers.Linear(channels, channels) : Layers.Conv2d(channels, channels, kernel_size: 1);

    private static Tensor Tokens(Tensor map) => map.flatten(2).transpose(1, 2);

    private static Tensor Map(Tensor tokens, long height, long width) =>
        tokens.transpose(1, 2).reshape(tokens.shape[0], tokens.shape[2], height, width);
}
