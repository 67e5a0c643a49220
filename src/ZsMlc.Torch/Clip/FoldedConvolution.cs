using TorchSharp;
using TorchSharp.Modules;
using ZsMlc.Torch.Kernels;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>
/// A frozen convolution with the batch normalisation behind it folded in: w' = w·γ/√(σ²+ε), b' = β - μ·γ/√(σ²+ε).
/// </summary>
/// <remarks>Weights in the form that a faster kernel reads are made when the first input comes that it pays for, and kept.</remarks>
internal sealed class FoldedConvolution : IDisposable
{
    private readonly Tensor _weight, _bias;
    private readonly long _stride, _padding;
    private readonly KeptValue<Tensor> _spread = new(), _spreadTurned = new();
    private readonly KeptValue<Packed> _packed = new();

    public FoldedConvolution(Conv2d convolution, BatchNorm2d norm, long stride, long padding, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();

        // In double precision, so that folding costs no accuracy.
        Tensor Wide(Tensor t) => t.detach().to(ScalarType.Float64);
        var scale = Wide(norm.weight!) / (Wide(norm.running_var!) + norm.eps).sqrt();
        _weight = ChannelsLast.Of((Wide(convolution.weight) * scale.view(-1, 1, 1, 1)).to(dtype)).DetachFromDisposeScope();
        _bias = (Wide(norm.bias!) - Wide(norm.running_mean!) * scale).to(dtype).DetachFromDisposeScope();
        Scale = scale.to(dtype).DetachFromDisposeScope();
        (_stride, _padding) = (stride, padding);
        Packs = dtype == ScalarType.BFloat16;
    }

    /// <summary>Gets the norm's factor of every channel, for what is added to the convolution in front of the norm.</summary>
    public Tensor Scale { get; }

    /// <summary>Gets the tensors that the result depends on beside the input.</summary>
    public IEnumerable<Tensor> Weights => [_weight, _bias];

    /// <summary>Gets or sets whether ReLU is fused with the convolution.</summary>
    public bool Fuses { get; set; }

    /// <summary>Gets or sets whether weights are packed for the shape of the largest input. By default in bfloat16: in single precision it gains nothing.</summary>
    public bool Packs { get; set; }

    /// <summary>The convolution.</summary>
    public Tensor Forward(Tensor x) => Apply(x, null, rectifies: false);

    /// <summary>ReLU of the convolution.</summary>
    public Tensor Rectified(Tensor x) => Apply(x, null, rectifies: true);

    /// <summary>ReLU of the sum of the convolution and another map, whose values may be lost.</summary>
    public Tensor Rectified(Tensor x, Tensor other) => Apply(x, other, rectifies: true);

    public void Dispose()
    {
        _weight.Dispose();
        _bias.Dispose();
        Scale.Dispose();
        _spread.Dispose();
        _spreadTurned.Dispose();
        _packed.Dispose();
    }

    private Tensor Apply(Tensor x, Tensor? other, bool rectifies)
    {
        if (!is_grad_enabled() || !(x.requires_grad || other is { requires_grad: true }))
        {
            return Fused(x, other, rectifies) ?? Plain(x, other, rectifies);
        }

        return Fuses && _stride == 1 && x.device_type == DeviceType.CPU && ReluMask.Serves(x.dtype, _weight.shape[0])
            ? new FrozenConvolution(Learning, Back, rectifies).Run(other is null ? [x] : [x, other])
            : Plain(x, other, rectifies);

        // The other map is still needed there, and a kernel with a new one for the sum is slower than the plain way.
        Tensor Learning(Tensor input, Tensor? added) =>
            (added is null ? Fused(input, null, rectifies) : Winograd(input, added, rectifies)) ?? Plain(input, added, rectifies);
    }

    private Tensor Plain(Tensor x, Tensor? other, bool rectifies)
    {
        var y = nn.functional.conv2d(x, _weight, _bias, strides: [_stride, _stride], padding: [_padding, _padding]);
        y = other is null ? y : y.add_(other);
        return rectifies ? y.relu_() : y;
    }

    /// <summary>The layer in one kernel, which may put the result in the other map's place; null where there is none, or ReLU must not be fused.</summary>
    private Tensor? Fused(Tensor x, Tensor? other, bool rectifies)
    {
        if (rectifies && !Fuses)
        {
            return null;
        }

        var activation = rectifies ? FusedActivation.Relu : FusedActivation.None;
        return Winograd(x, other, rectifies) ?? Kernel(x, weight => other is null
            ? FusedKernels.Convolution(x, weight, _bias, _stride, _padding, activation)
            : FusedKernels.AddConvolution(other, x, weight, _bias, _stride, _padding, activation) ? other.alias() : null);
    }

    private Tensor? Winograd(Tensor x, Tensor? other, bool rectifies)
    {
        if (_stride != 1 || _padding != 1 || !WinogradConvolution.Pays(x, _weight, other))
        {
            return null;
        }

        using var spread = _spread.Use(() => Kept(() => WinogradConvolution.Spread(_weight))!);
        return WinogradConvolution.Forward(x, spread.Value, _bias, other, rectifies);
    }

    /// <summary>The gradient of the input of a convolution of stride 1: the convolution of the result's with weights whose channels change places and whose taps are turned round.</summary>
    private Tensor Back(Tensor gradient)
    {
        using var scope = NewDisposeScope();
        var turned = _weight.transpose(0, 1);
        if (!WinogradConvolution.Pays(gradient, turned))
        {
            return nn.functional.conv_transpose2d(gradient, _weight, strides: [_stride, _stride], padding: [_padding, _padding]).MoveToOuterDisposeScope();
        }

        using var spread = _spreadTurned.Use(() => Kept(() => WinogradConvolution.Spread(turned.flip(2, 3)))!);
        return WinogradConvolution.Forward(gradient, spread.Value, zeros(turned.shape[0], gradient.dtype, gradient.device), null, relu: false).MoveToOuterDisposeScope();
    }

    private Tensor? Kernel(Tensor x, Func<Tensor, Tensor?> kernel)
    {
        if (!Packs || !FusedKernels.Fits(x, _weight))
        {
            return kernel(_weight);
        }

        // Packed for the largest input so far; what is smaller, such as the last batch of a run, takes the weight as it is.
        var (shape, size) = (x.shape, x.numel());
        using var packed = _packed.Use(() => new(shape, size, Kept(() => PackedWeights.Convolution(_weight, _stride, _padding, shape))), p => p.Size >= size);
        return kernel((packed.Value.Shape.SequenceEqual(shape) ? packed.Value.Weight : null) ?? _weight);
    }

    /// <summary>A tensor that outlives the call, and its inference mode, in which training could not use it.</summary>
    private static Tensor? Kept(Func<Tensor?> make)
    {
        using var ordinary = inference_mode(false);
        using var none = no_grad();
        return make()?.DetachFromDisposeScope();
    }

    /// <summary>A weight in a kernel's order; null where there is none.</summary>
    private sealed record Packed(long[] Shape, long Size, Tensor? Weight) : IDisposable
    {
        public void Dispose() => Weight?.Dispose();
    }
}
