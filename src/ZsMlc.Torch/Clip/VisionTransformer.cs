using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>CLIP's vision transformer.</summary>
public sealed class VisionTransformer : nn.Module<Tensor, Tensor>, IImageEncoder
{
    internal readonly Conv2d conv1;
    internal readonly Parameter class_embedding;
    internal readonly Parameter positional_embedding;
    internal readonly LayerNorm ln_pre;
    internal readonly Transformer transformer;
    internal readonly LayerNorm ln_post;
    internal readonly Parameter proj;

    internal VisionTransformer(ClipVisionConfig config, int embedDim, bool quickGelu)
        : base(nameof(VisionTransformer))
    {
        Config = config;
        var (width, grid) = (config.Width, config.GridSize);
        var scale = Math.Pow(width, -0.5);
        conv1 = nn.Conv2d(3, width, kernel_size: config.PatchSize, stride: config.PatchSize, bias: false);
        class_embedding = nn.Parameter(randn(width) * scale);
        positional_embedding = nn.Parameter(randn(grid * grid + 1, width) * scale);
        ln_pre = nn.LayerNorm(width);
        transformer = new(width, config.Heads, config.Layers, causal: false, quickGelu);
        ln_post = nn.LayerNorm(width);
        proj = nn.Parameter(randn(width, embedDim) * scale);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public ClipVisionConfig Config { get; }

    /// <inheritdoc cref="Encode"/>
    public override Tensor forward(Tensor images) => Encode(images);

    /// <inheritdoc/>
    public Tensor Encode(Tensor images)
    {
        using var scope = NewDisposeScope();
        return ln_post.forward(Tokens(images)[.., 0]).matmul(proj).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor EncodeDense(Tensor images)
    {
        using var scope = NewDisposeScope();
        return ln_post.forward(Tokens(images)).matmul(proj).MoveToOuterDisposeScope();
    }

    private Tensor Tokens(Tensor images)
    {
        var patches = conv1.forward(images);
        var (height, width) = (patches.shape[2], patches.shape[3]);
        var x = patches.flatten(2).transpose(1, 2);
        x = cat([class_embedding.to(x.dtype).expand(x.shape[0], 1, -1), x], 1);
        x = x + PositionGrid.Resize(positional_embedding, Config.GridSize, height, width).to(x.dtype);
        return transformer.forward(ln_pre.forward(x));
    }
}
