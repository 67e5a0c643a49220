using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>
/// CLIP's ResNet: a stem of three convolutions, average pools in front of strided steps, and an attention pool in place
/// of the mean.
/// </summary>
public sealed class ModifiedResNet : ImageTower
{
    /// <summary>Convolutions with more channels than this carry a branch by default.</summary>
    private const int ManyChannels = 32;

    internal readonly Conv2d conv1;
    internal readonly BatchNorm2d bn1;
    internal readonly Conv2d conv2;
    internal readonly BatchNorm2d bn2;
    internal readonly Conv2d conv3;
    internal readonly BatchNorm2d bn3;
    internal readonly Sequential layer1;
    internal readonly Sequential layer2;
    internal readonly Sequential layer3;
    internal readonly Sequential layer4;
    internal readonly AttentionPool attnpool;

    /// <summary>Creates the network with random weights.</summary>
    /// <param name="config">Sizes; <see cref="ClipVisionConfig.ResNetLayers"/> must be set.</param>
    /// <param name="outputDim">Width E of the embedding.</param>
    public ModifiedResNet(ClipVisionConfig config, int outputDim)
        : this(config, outputDim, null)
    {
    }

    internal ModifiedResNet(ClipVisionConfig config, int outputDim, Func<BranchPlace, TowerBranch?>? branches)
        : base(nameof(ModifiedResNet), config, outputDim)
    {
        if (config.ResNetLayers is not { Count: 4 } blocks)
        {
            throw new ArgumentException("A ModifiedResNet needs the numbers of blocks of its four stages.", nameof(config));
        }

        var width = config.Width;
        conv1 = Layers.Conv2d(3, width / 2, kernel_size: 3, stride: 2, padding: 1, bias: false);
        bn1 = Layers.BatchNorm2d(width / 2);
        conv2 = Layers.Conv2d(width / 2, width / 2, kernel_size: 3, padding: 1, bias: false);
        bn2 = Layers.BatchNorm2d(width / 2);
        conv3 = Layers.Conv2d(width / 2, width, kernel_size: 3, padding: 1, bias: false);
        bn3 = Layers.BatchNorm2d(width);

        var (inputs, place) = (width, 0);
        layer1 = Stage(width, blocks[0], 1);
        layer2 = Stage(width * 2, blocks[1], 2);
        layer3 = Stage(width * 4, blocks[2], 2);
        layer4 = Stage(width * 8, blocks[3], 2);
        attnpool = new(config.GridSize, width * 32, config.Heads, outputDim);
        RegisterComponents();

        Sequential Stage(int planes, int count, int stride)
        {
            List<(string, nn.Module<Tensor, Tensor>)> stage = [];
            for (var i = 0; i < count; i++)
            {
                stage.Add(($"{i}", new Bottleneck(inputs, planes, i == 0 ? stride : 1, Spatial)));
                inputs = planes * 4;
            }

            return nn.Sequential(stage);
        }

        nn.Module<Tensor, Tensor> Spatial(int channels)
        {
            var convolution = Layers.Conv2d(channels, channels, kernel_size: 3, padding: 1, bias: false);
            return branches?.Invoke(new(place++, blocks.Sum(), channels, IsDefault: channels > ManyChannels)) is { } branch
                ? new BranchedConvolution(convolution, branch)
                : convolution;
        }
    }

    private protected override long PixelsAtATime => 16 * 224 * 224;

    private protected override Tensor FirstWeight => conv1.weight;

    /// <inheritdoc/>
    public override Tensor Encode(Tensor images)
    {
        using var map = FeatureMap(images);
        return attnpool.forward(map);
    }

    /// <inheritdoc/>
    public override Tensor EncodeDense(Tensor images)
    {
        using var map = FeatureMap(images);
        return attnpool.Dense(map);
    }

    /// <summary>The stem: a quarter of the input's height and width, <c>Width</c> channels.</summary>
    public Tensor Stem(Tensor images)
    {
        using var scope = NewDisposeScope();
        var x = bn1.forward(conv1.forward(images)).relu_();
        x = bn2.forward(conv2.forward(x)).relu_();
        x = bn3.forward(conv3.forward(x)).relu_();
        return nn.functional.avg_pool2d(x, 2).MoveToOuterDisposeScope();
    }

    /// <summary>Output of the last stage: [B, 32·Width, H/32, W/32].</summary>
    public Tensor FeatureMap(Tensor images)
    {
        using var scope = NewDisposeScope();
        return Stages.Aggregate(Stem(images), (x, stage) => stage.forward(x)).MoveToOuterDisposeScope();
    }

    /// <summary>Gets the four stages in order.</summary>
    public IReadOnlyList<Sequential> Stages => [layer1, layer2, layer3, layer4];

    private protected override IFrozenTower Frozen(ScalarType dtype) => new FoldedResNet(this, dtype);
}
