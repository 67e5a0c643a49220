using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Blocks;

/// <summary>Halves height and width by a strided convolution.</summary>
internal sealed class Downsample : nn.Module<Tensor, Tensor>
{
    private readonly bool _asymmetric;
    internal readonly Conv2d conv;

    /// <summary>Creates the layer; the autoencoder pads only right and bottom, the UNet all sides.</summary>
    public Downsample(int channels, bool asymmetric)
        : base(nameof(Downsample))
    {
        _asymmetric = asymmetric;
        conv = Layers.Conv2d(channels, channels, kernel_size: 3, stride: 2, padding: asymmetric ? 0 : 1);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return conv.Convolve(_asymmetric ? nn.functional.pad(x, [0, 1, 0, 1]) : x).MoveToOuterDisposeScope();
    }
}

/// <summary>Enlarges by nearest neighbour and a convolution.</summary>
internal sealed class Upsample : nn.Module<Tensor, (long Height, long Width)?, Tensor>
{
    internal readonly Conv2d conv;

    public Upsample(int channels)
        : base(nameof(Upsample))
    {
        conv = Layers.Conv2d(channels, channels, kernel_size: 3, padding: 1);
        RegisterComponents();
    }

    /// <summary>Enlarges to the given size, or to twice the size.</summary>
    public override Tensor forward(Tensor x, (long Height, long Width)? size)
    {
        using var scope = NewDisposeScope();
        var (height, width) = size ?? (2 * x.shape[2], 2 * x.shape[3]);
        var isDouble = height == 2 * x.shape[2] && width == 2 * x.shape[3];
        return ((isDouble ? EnlargingConvolution.Forward(conv, x) : null)
            ?? conv.Convolve(nn.functional.interpolate(x, [height, width], mode: InterpolationMode.Nearest))).MoveToOuterDisposeScope();
    }
}
