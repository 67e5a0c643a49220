using TorchSharp.Modules;
using ZsMlc.Torch.Kernels;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>
/// A frozen <see cref="ModifiedResNet"/> made fast: norms folded into convolutions, channels last, and no gradients for
/// weights. The branches beside the 3×3 convolutions stay live and learn.
/// </summary>
internal sealed class FoldedResNet : IFrozenTower
{
    private readonly FoldedConvolution[] _stem;
    private readonly Block[] _blocks;
    private readonly AttentionPool _pool;
    private readonly AttentionPool? _wide;
    private readonly DenseProjection _projection;

    /// <summary>Folds a network.</summary>
    /// <param name="source">The network; it must outlive this one.</param>
    /// <param name="dtype">Element type to compute in.</param>
    public FoldedResNet(ModifiedResNet source, ScalarType dtype)
    {
        DType = dtype;
        _stem =
        [
            new(source.conv1, source.bn1, 2, 1, dtype),
            new(source.conv2, source.bn2, 1, 1, dtype),
            new(source.conv3, source.bn3, 1, 1, dtype),
        ];
        _blocks = source.Stages.SelectMany(s => s.children()).Cast<Bottleneck>().Select(b => new Block(b, dtype)).ToArray();
        _wide = HalfPrecision.Wide(source.attnpool, source.attnpool.Another);
        _pool = _wide ?? source.attnpool;
        _projection = new(source.attnpool, dtype);

        // A fused ReLU makes 0 of NaN, and a network with damaged weights must not look sound.
        List<FoldedConvolution> all = [.. _stem, .. _blocks.SelectMany(b => b.Convolutions)];
        var sound = AreFinite(all.SelectMany(c => c.Weights).Concat(source.parameters()));
        all.ForEach(c => c.Fuses = sound);
    }

    /// <inheritdoc/>
    public ScalarType DType { get; }

    /// <inheritdoc/>
    public Tensor Encode(Tensor images)
    {
        using var scope = NewDisposeScope();
        return _pool.forward(FeatureMap(images).to(_pool.k_proj.weight.dtype)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor EncodeDense(Tensor images)
    {
        using var scope = NewDisposeScope();
        return _projection.Forward(FeatureMap(images)).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        Array.ForEach(_stem, s => s.Dispose());
        Array.ForEach(_blocks, b => b.Dispose());
        _projection.Dispose();
        _wide?.Free();
    }

    private static bool AreFinite(IEnumerable<Tensor> tensors)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return stack(tensors.Select(t => t.sum(ScalarType.Float64)).ToArray()).isfinite().all().item<bool>();
    }

    private Tensor FeatureMap(Tensor images)
    {
        using var scope = NewDisposeScope();
        var x = ChannelsLast.Of(images.to(DType));
        foreach (var layer in _stem)
        {
            var y = layer.Rectified(x);
            x.Dispose();
            x = y;
        }

        var pooled = nn.functional.avg_pool2d(x, 2);
        x.Dispose();
        x = pooled;
        foreach (var block in _blocks)
        {
            var y = block.Forward(x);
            x.Dispose();
            x = y;
        }

        return x.MoveToOuterDisposeScope();
    }

    private sealed class Block : IDisposable
    {
        private readonly FoldedConvolution _first, _spatial, _last;
        private readonly FoldedConvolution? _shortcut;
        private readonly TowerBranch? _branch;
        private readonly int _stride;

        public Block(Bottleneck source, ScalarType dtype)
        {
            var branched = source.conv2 as BranchedConvolution;
            _first = new(source.conv1, source.bn1, 1, 0, dtype);
            _spatial = new(branched?.conv ?? (Conv2d)source.conv2, source.bn2, 1, 1, dtype);
            _last = new(source.conv3, source.bn3, 1, 0, dtype);
            _branch = branched?.global_branch;
            _stride = source.Stride;
            if (source.downsample is { } shortcut)
            {
                var parts = shortcut.children().ToList();
                _shortcut = new((Conv2d)parts[1], (BatchNorm2d)parts[2], 1, 0, dtype);
            }
        }

        public IEnumerable<FoldedConvolution> Convolutions => new[] { _first, _spatial, _last, _shortcut }.OfType<FoldedConvolution>();

        public Tensor Forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            var h = _first.Rectified(x);
            var y = _branch is null ? _spatial.Rectified(h) : _spatial.Rectified(h, BranchedConvolution.Beside(_branch, h, _spatial.Scale));
            if (_stride > 1)
            {
                y = AveragePooling.Of(y, _stride);
            }

            // The block's input is not used any more behind it.
            var shortcut = _shortcut is null ? x : _shortcut.Forward(_stride > 1 ? AveragePooling.Of(x, _stride) : x);
            return _last.Rectified(y, shortcut).MoveToOuterDisposeScope();
        }

        public void Dispose()
        {
            foreach (var convolution in Convolutions)
            {
                convolution.Dispose();
            }
        }
    }
}
