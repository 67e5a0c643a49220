using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>
/// CLIP's ResNet: a stem of three convolutions, average pools in front of strided steps, and an attention pool in place
/// of the mean.
/// </summary>
public sealed class ModifiedResNet : nn.Module<Tensor, Tensor>, IImageEncoder
{
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
    /// <param name="spatial">Makes the 3×3 convolution of every residual block from its name (such as <c>layer1.0.conv2</c>) and its channels; by default a plain one.</param>
    public ModifiedResNet(ClipVisionConfig config, int outputDim, Func<string, int, nn.Module<Tensor, Tensor>>? spatial = null)
        : base(nameof(ModifiedResNet))
    {
        if (config.ResNetLayers is not { Count: 4 } blocks)
        {
            throw new ArgumentException("A ModifiedResNet needs the numbers of blocks of its four stages.", nameof(config));
        }

        Config = config;
        var width = config.Width;
        conv1 = nn.Conv2d(3, width / 2, kernel_size: 3, stride: 2, padding: 1, bias: false);
        bn1 = nn.BatchNorm2d(width / 2);
        conv2 = nn.Conv2d(width / 2, width / 2, kernel_size: 3, padding: 1, bias: false);
        bn2 = nn.BatchNorm2d(width / 2);
        conv3 = nn.Conv2d(width / 2, width, kernel_size: 3, padding: 1, bias: false);
        bn3 = nn.BatchNorm2d(width);

        spatial ??= (_, channels) => PlainConvolution(channels);
        var inputs = width;
        layer1 = Stage("layer1", width, blocks[0], 1, ref inputs, spatial);
        layer2 = Stage("layer2", width * 2, blocks[1], 2, ref inputs, spatial);
        layer3 = Stage("layer3", width * 4, blocks[2], 2, ref inputs, spatial);
        layer4 = Stage("layer4", width * 8, blocks[3], 2, ref inputs, spatial);
        attnpool = new(config.GridSize, width * 32, config.Heads, outputDim);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public ClipVisionConfig Config { get; }

    /// <summary>The 3×3 convolution that a residual block has by default.</summary>
    public static Conv2d PlainConvolution(int channels) => nn.Conv2d(channels, channels, kernel_size: 3, padding: 1, bias: false);

    /// <inheritdoc cref="Encode"/>
    public override Tensor forward(Tensor images) => Encode(images);

    /// <inheritdoc/>
    public Tensor Encode(Tensor images)
    {
        using var map = FeatureMap(images);
        return attnpool.forward(map);
    }

    /// <inheritdoc/>
    public Tensor EncodeDense(Tensor images)
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

    private static Sequential Stage(string name, int planes, int count, int stride, ref int inputs, Func<string, int, nn.Module<Tensor, Tensor>> spatial)
    {
        List<(string, nn.Module<Tensor, Tensor>)> blocks = [];
        for (var i = 0; i < count; i++)
        {
            blocks.Add(($"{i}", new Bottleneck(inputs, planes, i == 0 ? stride : 1, c => spatial($"{name}.{blocks.Count}.conv2", c))));
            inputs = planes * 4;
        }

        return nn.Sequential(blocks);
    }
}
