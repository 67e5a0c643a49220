using TorchSharp.Modules;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>
/// A frozen convolution with the batch normalisation behind it folded in: w' = w·γ/√(σ²+ε), b' = β - μ·γ/√(σ²+ε).
/// </summary>
internal sealed class FoldedConvolution : IDisposable
{
    private readonly Tensor _weight, _bias;
    private readonly long _stride, _padding;
    private readonly Lazy<Tensor> _spread;

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
        _spread = new(() => WinogradConvolution.Spread(_weight).DetachFromDisposeScope());
    }

    /// <summary>Gets the norm's factor of every channel, for what is added to the convolution in front of the norm.</summary>
    public Tensor Scale { get; }

    /// <summary>Gets the tensors that the result depends on beside the input.</summary>
    public IEnumerable<Tensor> Weights => [_weight, _bias];

    /// <summary>Gets or sets whether ReLU is fused with the convolution.</summary>
    public bool Fuses { get; set; }

    public Tensor Forward(Tensor x) =>
        FusedKernels.Convolution(x, _weight, _bias, _stride, _padding, FusedActivation.None)
        ?? nn.functional.conv2d(x, _weight, _bias, strides: [_stride, _stride], padding: [_padding, _padding]);

    /// <summary>ReLU of the convolution.</summary>
    public Tensor Rectified(Tensor x) =>
        Winograd(x, null) ?? (Fuses ? FusedKernels.Convolution(x, _weight, _bias, _stride, _padding, FusedActivation.Relu) : null) ?? Forward(x).relu_();

    /// <summary>ReLU of the sum of the convolution and another map, whose values are lost.</summary>
    public Tensor Rectified(Tensor x, Tensor other) =>
        Winograd(x, other) ?? (Fuses && FusedKernels.AddConvolution(other, x, _weight, _bias, _stride, _padding, FusedActivation.Relu) ? other.alias() : Forward(x).add_(other).relu_());

    public void Dispose()
    {
        _weight.Dispose();
        _bias.Dispose();
        Scale.Dispose();
        if (_spread.IsValueCreated)
        {
            _spread.Value.Dispose();
        }
    }

    private Tensor? Winograd(Tensor x, Tensor? other) =>
        _stride == 1 && (other is null || FusedKernels.Fits(other)) && WinogradConvolution.Pays(x, _weight) ? WinogradConvolution.Forward(x, _spread.Value, _bias, other, relu: true) : null;
}
