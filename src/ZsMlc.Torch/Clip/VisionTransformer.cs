using TorchSharp.Modules;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>CLIP's vision transformer.</summary>
public sealed class VisionTransformer : ImageTower
{
    internal readonly Conv2d conv1;
    internal readonly Parameter class_embedding;
    internal readonly Parameter positional_embedding;
    internal readonly LayerNorm ln_pre;
    internal readonly Transformer transformer;
    internal readonly LayerNorm ln_post;
    internal readonly Parameter proj;

    internal VisionTransformer(ClipVisionConfig config, int embedDim, bool quickGelu, DensePath dense = DensePath.Residual, Func<BranchPlace, TowerBranch?>? branches = null)
        : base(nameof(VisionTransformer), config, embedDim)
    {
        DensePath = dense;
        var (width, grid) = (config.Width, config.GridSize);
        var scale = Math.Pow(width, -0.5);
        conv1 = Layers.Conv2d(3, width, kernel_size: config.PatchSize, stride: config.PatchSize, bias: false);
        class_embedding = Layers.Normal(scale, width);
        positional_embedding = Layers.Normal(scale, grid * grid + 1, width);
        ln_pre = Layers.LayerNorm(width);

        // What fusion adds is learnt best where features are semantic: in the last half.
        transformer = new(width, config.HiddenWidth, config.Heads, config.Layers, causal: false, quickGelu, branches is null ? null
            : i => branches(new(i, config.Layers, width, IsDefault: i >= config.Layers / 2)));
        ln_post = Layers.LayerNorm(width);
        proj = Layers.Normal(scale, width, embedDim);
        RegisterComponents();
    }

    /// <summary>Gets how the dense features are made.</summary>
    public DensePath DensePath { get; }

    // Matrix products of fewer rows are slower, by a fortieth; where weights are there in two types, memory is worth more.
    private protected override long PixelsAtATime => (HalfPrecision.IsSlow(DType, Device) ? 16 : 32) * 224 * 224;

    private protected override Tensor FirstWeight => conv1.weight;

    /// <inheritdoc/>
    public override Tensor Encode(Tensor images)
    {
        using var scope = NewDisposeScope();
        var patches = conv1.forward(images);
        var tokens = WithPositions(patches.flatten(2).transpose(1, 2), patches.shape[2], patches.shape[3], class_embedding, positional_embedding);
        return ln_post.forward(transformer.forward(ln_pre.forward(tokens))[.., 0]).matmul(proj).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor EncodeDense(Tensor images)
    {
        using var live = DenseVisionTransformer.Live(this);
        return live.EncodeDense(images);
    }

    private protected override IFrozenTower Frozen(ScalarType dtype) => DenseVisionTransformer.Frozen(this, dtype);

    /// <summary>Class token and patches [B, height · width, W], row by row, each with the embedding of its position: [B, 1 + height · width, W].</summary>
    internal Tensor WithPositions(Tensor patches, long height, long width, Tensor classEmbedding, Tensor positions)
    {
        using var scope = NewDisposeScope();
        var x = cat([classEmbedding.to(patches.dtype).expand(patches.shape[0], 1, -1), patches], 1);
        return (x + PositionGrid.Resize(positions, Config.GridSize, height, width).to(x.dtype)).MoveToOuterDisposeScope();
    }
}
