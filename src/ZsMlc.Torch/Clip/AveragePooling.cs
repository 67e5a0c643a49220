using TorchSharp;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>Mean over windows that do not overlap. In training on CPUs nothing is kept of it, where libtorch's own keeps its input.</summary>
internal sealed class AveragePooling : GradientFunction
{
    private readonly long _side, _height, _width;

    private AveragePooling(Tensor x, long side) => (_side, _height, _width) = (side, x.shape[2], x.shape[3]);

    /// <summary>The means.</summary>
    /// <param name="x">[B, C, H, W].</param>
    /// <param name="side">Side of a window; rows and columns that fill none are left out.</param>
    public static Tensor Of(Tensor x, long side) =>
        is_grad_enabled() && x.requires_grad && x.device_type == DeviceType.CPU ? new AveragePooling(x, side).Run(x) : nn.functional.avg_pool2d(x, side);

    /// <inheritdoc/>
    protected override (Tensor Result, IReadOnlyList<Tensor> Kept) Forward(IReadOnlyList<Tensor> inputs) => (nn.functional.avg_pool2d(inputs[0], _side), []);

    /// <inheritdoc/>
    protected override IEnumerable<Tensor?> Gradients(IReadOnlyList<Tensor> kept, IReadOnlyList<bool> needed, Tensor gradient)
    {
        var (batch, channels, height, width) = (gradient.shape[0], gradient.shape[1], gradient.shape[2], gradient.shape[3]);
        var shares = (gradient / (_side * _side)).permute(0, 2, 3, 1).view(batch, height, 1, width, 1, channels)
            .expand(batch, height, _side, width, _side, channels).reshape(batch, height * _side, width * _side, channels).permute(0, 3, 1, 2);
        return [(height * _side, width * _side) == (_height, _width) ? shares : nn.functional.pad(shares, [0, _width - (width * _side), 0, _height - (height * _side)])];
    }
}
