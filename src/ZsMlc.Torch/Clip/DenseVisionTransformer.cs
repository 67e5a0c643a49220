using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>Dense features of a <see cref="VisionTransformer"/>: all blocks but the last as they are, the last by the value path.</summary>
internal sealed class DenseVisionTransformer : IFrozenTower
{
    private readonly VisionTransformer _source;
    private readonly Tensor _patches, _class, _positions, _projection;
    private readonly DenseTransformerBlock.Norm _before, _after;
    private readonly DenseTransformerBlock[] _blocks;

    private DenseVisionTransformer(VisionTransformer source, ScalarType dtype, Func<Tensor, Tensor> take)
    {
        (_source, DType) = (source, dtype);
        (_patches, _class, _positions, _projection) = (take(source.conv1.weight), take(source.class_embedding), take(source.positional_embedding), take(source.proj));
        (_before, _after) = (new(source.ln_pre, take), new(source.ln_post, take));
        _blocks = [.. source.transformer.Blocks.Select(b => new DenseTransformerBlock(b, take))];
    }

    /// <inheritdoc/>
    public ScalarType DType { get; }

    /// <summary>On the weights themselves, to which gradients flow.</summary>
    public static DenseVisionTransformer Live(VisionTransformer source) => new(source, source.DType, w => w.alias().DetachFromDisposeScope());

    /// <summary>On the weights as they are now, without gradients; where the type is theirs, they are not copied.</summary>
    public static DenseVisionTransformer Frozen(VisionTransformer source, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return new(source, dtype, w => w.detach().to(dtype).DetachFromDisposeScope());
    }

    /// <inheritdoc/>
    public Tensor EncodeDense(Tensor images)
    {
        using var scope = NewDisposeScope();
        var x = Embed(images.to(DType));
        foreach (var block in _blocks[..^1])
        {
            var next = block.Forward(x);
            x.Dispose();
            x = next;
        }

        return _after.Of(_blocks[^1].ForwardDense(x, _source.DensePath)).matmul(_projection).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        Array.ForEach(_blocks, b => b.Dispose());
        _before.Dispose();
        _after.Dispose();
        foreach (var weight in new[] { _patches, _class, _positions, _projection })
        {
            weight.Dispose();
        }
    }

    private Tensor Embed(Tensor images)
    {
        using var scope = NewDisposeScope();
        long patch = _source.Config.PatchSize;
        var patches = nn.functional.conv2d(images, _patches, strides: [patch, patch]);
        return _before.Of(_source.WithPositions(patches, _class, _positions)).MoveToOuterDisposeScope();
    }
}
