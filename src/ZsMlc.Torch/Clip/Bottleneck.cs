using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>A residual block of CLIP's ResNet. Every convolution has stride 1; an average pool does the downsampling.</summary>
internal sealed class Bottleneck : nn.Module<Tensor, Tensor>
{
    private const int Expansion = 4;

    internal readonly Conv2d conv1;
    internal readonly BatchNorm2d bn1;
    internal readonly nn.Module<Tensor, Tensor> conv2;
    internal readonly BatchNorm2d bn2;
    internal readonly Conv2d conv3;
    internal readonly BatchNorm2d bn3;
    internal readonly Sequential? downsample;
    private readonly int _stride;

    /// <summary>Creates a block.</summary>
    /// <param name="inputs">Channels of the input.</param>
    /// <param name="planes">Channels inside the block; the output has four times as many.</param>
    /// <param name="stride">1, or 2 to halve height and width.</param>
    /// <param name="spatial">Makes the 3×3 convolution from its channels.</param>
    public Bottleneck(int inputs, int planes, int stride, Func<int, nn.Module<Tensor, Tensor>> spatial)
        : base(nameof(Bottleneck))
    {
        _stride = stride;
        conv1 = Layers.Conv2d(inputs, planes, kernel_size: 1, bias: false);
        bn1 = Layers.BatchNorm2d(planes);
        conv2 = spatial(planes);
        bn2 = Layers.BatchNorm2d(planes);
        conv3 = Layers.Conv2d(planes, planes * Expansion, kernel_size: 1, bias: false);
        bn3 = Layers.BatchNorm2d(planes * Expansion);

        // The last norm of each branch starts at zero, as in OpenAI's initialisation: blocks start as identities.
        nn.init.zeros_(bn3.weight!);
        if (stride > 1 || inputs != planes * Expansion)
        {
            downsample = nn.Sequential(
                ("-1", nn.AvgPool2d(stride)),
                ("0", Layers.Conv2d(inputs, planes * Expansion, kernel_size: 1, bias: false)),
                ("1", Layers.BatchNorm2d(planes * Expansion)));
        }

        RegisterComponents();
    }

    /// <summary>Gets the stride of the block.</summary>
    public int Stride => _stride;

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var y = bn1.forward(conv1.forward(x)).relu_();
        y = bn2.forward(conv2.forward(y)).relu_();
        if (_stride > 1)
        {
            y = nn.functional.avg_pool2d(y, _stride);
        }

        y = bn3.forward(conv3.forward(y));
        return (y + (downsample?.forward(x) ?? x)).relu_().MoveToOuterDisposeScope();
    }
}
