using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>
/// A <see cref="VisionTransformer"/> on weights that were taken out of it. For dense features the last block goes by the value
/// path; for pooled ones it computes token 0 alone.
/// </summary>
internal sealed class DenseVisionTransformer : IFrozenTower
{
    private readonly VisionTransformer _source;
    private readonly TakenLinear _patches;
    private readonly Tensor _class, _positions, _projection;
    private readonly DenseTransformerBlock.Norm _before, _after;
    private readonly DenseTransformerBlock[] _blocks;

    private DenseVisionTransformer(VisionTransformer source, ScalarType dtype, TakenWeights weights)
    {
        (_source, DType) = (source, dtype);
        using (var patches = source.conv1.weight.flatten(1))
        {
            _patches = weights.Linear(patches, null);
        }

        (_class, _positions, _projection) = (weights.Take(source.class_embedding), weights.Take(source.positional_embedding), weights.Take(source.proj));
        (_before, _after) = (new(source.ln_pre, weights), new(source.ln_post, weights));
        _blocks = [.. source.transformer.Blocks.Select(b => new DenseTransformerBlock(b, weights))];
    }

    /// <inheritdoc/>
    public ScalarType DType { get; }

    /// <summary>On the weights themselves, to which gradients flow.</summary>
    public static DenseVisionTransformer Live(VisionTransformer source) => new(source, source.DType, new(null, source.Device));

    /// <summary>On the weights as they are now, without gradients; where the type is theirs, they are not copied.</summary>
    public static DenseVisionTransformer Frozen(VisionTransformer source, ScalarType dtype) => new(source, dtype, new(dtype, source.Device));

    /// <inheritdoc/>
    public Tensor Encode(Tensor images)
    {
        using var scope = NewDisposeScope();
        return _after.Of(_blocks[^1].ForwardFirst(BeforeLast(images)))[.., 0].matmul(_projection).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor EncodeDense(Tensor images)
    {
        using var scope = NewDisposeScope();
        return _after.Of(_blocks[^1].ForwardDense(BeforeLast(images), _source.DensePath)).matmul(_projection).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        Array.ForEach(_blocks, b => b.Dispose());
        _patches.Dispose();
        _before.Dispose();
        _after.Dispose();
        foreach (var weight in new[] { _class, _positions, _projection })
        {
            weight.Dispose();
        }
    }

    private Tensor BeforeLast(Tensor images)
    {
        using var scope = NewDisposeScope();
        var x = Embed(images.to(DType));
        foreach (var block in _blocks[..^1])
        {
            var next = block.Forward(x);
            x.Dispose();
            x = next;
        }

        return x.MoveToOuterDisposeScope();
    }

    /// <summary>The tokens. Patches do not overlap, so their convolution is a linear layer of their pixels, for which processors have faster kernels than for three channels, and GPUs do not round to TF32.</summary>
    private Tensor Embed(Tensor images)
    {
        using var scope = NewDisposeScope();
        long patch = _source.Config.PatchSize, height = images.shape[2] / patch, width = images.shape[3] / patch;
        var pixels = images[.., .., ..(int)(height * patch), ..(int)(width * patch)]
            .reshape(images.shape[0], 3, height, patch, width, patch).permute(0, 2, 4, 1, 3, 5).reshape(images.shape[0], height * width, -1);
        return _before.Of(_source.WithPositions(_patches.Forward(pixels), height, width, _class, _positions)).MoveToOuterDisposeScope();
    }
}
