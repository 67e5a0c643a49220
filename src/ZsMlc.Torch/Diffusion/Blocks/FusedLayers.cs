using TorchSharp.Modules;
using ZsMlc.Torch.Kernels;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Blocks;

/// <summary>
/// What UNet and autoencoder do with a layer's result right behind it, by one kernel within a run and one after the other elsewhere.
/// </summary>
internal static class FusedLayers
{
    // Rows up to which a product in single precision is so short that a packed weight pays for its memory.
    private const int FewRows = 256;

    /// <summary>A convolution, with what is added to its result.</summary>
    /// <param name="layer">A convolution without groups or dilation.</param>
    /// <param name="x">[B, in, H, W].</param>
    /// <param name="shift">Values for every position [1, out] or [B, out], or null.</param>
    /// <param name="residual">What has the result's shape, or null.</param>
    public static Tensor Convolve(this Conv2d layer, Tensor x, Tensor? shift = null, Tensor? residual = null)
    {
        using var scope = NewDisposeScope();
        return (Fused(layer, x, shift, residual) ?? Plus(residual, Shifted(layer.forward(x), shift))).MoveToOuterDisposeScope();
    }

    /// <summary>A linear layer, on a packed weight where there is one.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="x">[..., in].</param>
    public static Tensor Of(this Linear layer, Tensor x) =>
        (Packed(layer, "weight", () => layer.weight!, x) is { } weight ? FusedKernels.Linear(x, weight, layer.bias, FusedActivation.None) : null) ?? layer.forward(x);

    /// <summary>The results of linear layers without biases on one input, by one product on a packed weight where there is one.</summary>
    /// <param name="x">[..., in].</param>
    /// <param name="layers">The layers, all of one shape.</param>
    public static Tensor[] Together(Tensor x, params Linear[] layers)
    {
        using var scope = NewDisposeScope();
        var joint = Packed(layers[0], "together", () => cat([.. layers.Select(l => l.weight!)]), x) is { } weight ? FusedKernels.Linear(x, weight, null, FusedActivation.None) : null;
        Tensor[] results = joint is null ? [.. layers.Select(l => l.forward(x))] : joint.chunk(layers.Length, -1);
        return [.. results.Select(r => r.MoveToOuterDisposeScope())];
    }

    /// <summary>A linear layer plus <paramref name="residual"/>.</summary>
    public static Tensor Plus(this Linear layer, Tensor x, Tensor residual)
    {
        using var scope = NewDisposeScope();
        var sum = RunCache.IsOpen ? FusedKernels.Linear(x, Packed(layer, "weight", () => layer.weight!, x) ?? layer.weight!, layer.bias!, residual) : null;
        return (sum ?? residual + layer.forward(x)).MoveToOuterDisposeScope();
    }

    /// <summary>The first half of a linear layer's result times the GELU of its second half.</summary>
    public static Tensor Gated(this Linear layer, Tensor x)
    {
        using var scope = NewDisposeScope();
        if (RunCache.IsOpen)
        {
            var (weights, biases) = (layer.weight!.chunk(2), layer.bias!.chunk(2));
            if (FusedKernels.Linear(x, Packed(layer, "gate", () => weights[1], x) ?? weights[1], biases[1], FusedActivation.Gelu) is { } gate
                && FusedKernels.GatedLinear(x, Packed(layer, "value", () => weights[0], x) ?? weights[0], biases[0], gate) is { } gated)
            {
                return gated.MoveToOuterDisposeScope();
            }
        }

        var parts = layer.forward(x).chunk(2, -1);
        return (parts[0] * nn.functional.gelu(parts[1])).MoveToOuterDisposeScope();
    }

    /// <summary>A group norm.</summary>
    /// <param name="layer">The norm.</param>
    /// <param name="x">[B, C, H, W].</param>
    public static Tensor Normalize(this GroupNorm layer, Tensor x) => Fused(layer, x, silu: false) ?? layer.forward(x);

    /// <summary>SiLU of a group norm.</summary>
    /// <param name="layer">The norm.</param>
    /// <param name="x">[B, C, H, W].</param>
    public static Tensor NormalizeSilu(this GroupNorm layer, Tensor x)
    {
        using var scope = NewDisposeScope();
        return (Fused(layer, x, silu: true) ?? nn.functional.silu(layer.forward(x))).MoveToOuterDisposeScope();
    }

    private static Tensor? Fused(GroupNorm layer, Tensor x, bool silu) =>
        RunCache.IsOpen ? ChannelsLastGroupNorm.Forward(x, layer.weight!, layer.bias!, layer.num_groups, layer.eps, silu) : null;

    private static Tensor? Fused(Conv2d layer, Tensor x, Tensor? shift, Tensor? residual)
    {
        var (stride, padding, shape) = (layer.stride[0], layer.padding![0], x.shape);
        if (RunCache.IsOpen && stride == 1 && padding == 1 && WinogradConvolution.Pays(x, layer.weight!, residual)
            && RunCache.Of(layer, "points", 0, () => WinogradConvolution.Spread(layer.weight!)) is { } points)
        {
            return WinogradConvolution.Forward(x, points, shift is null ? layer.bias! : (layer.bias! + shift).squeeze(0), residual, relu: false);
        }

        if (RunCache.Of(layer, "weight", (shape[0], shape[2], shape[3]), () => PackedWeights.Convolution(layer.weight!, stride, padding, shape)) is not { } weight)
        {
            return null;
        }

        x = ChannelsLast.Of(x);
        if (shift is null || shift.shape[0] == 1)
        {
            var bias = shift is null ? layer.bias! : layer.bias! + shift[0];
            return residual is null
                ? FusedKernels.Convolution(x, weight, bias, stride, padding, FusedActivation.None)
                : FusedKernels.Convolution(x, weight, bias, stride, padding, residual);
        }

        return FusedKernels.Convolution(x, weight, layer.bias!, stride, padding, FusedActivation.None) is { } result ? Plus(residual, Shifted(result, shift)) : null;
    }

    private static Tensor Shifted(Tensor x, Tensor? shift) => shift is null ? x : x + shift.unsqueeze(-1).unsqueeze(-1);

    private static Tensor Plus(Tensor? residual, Tensor x) => residual is null ? x : residual + x;

    /// <summary>A run's packed copy of a weight where it pays for its memory on this input.</summary>
    private static Tensor? Packed(Linear layer, string name, Func<Tensor> weight, Tensor x)
    {
        var pays = x.dtype != ScalarType.Float32 || x.numel() <= FewRows * x.shape[^1];
        return RunCache.Of(layer, name, pays, () =>
        {
            using var scope = NewDisposeScope();
            return pays ? PackedWeights.Linear(weight())?.MoveToOuterDisposeScope() : null;
        });
    }
}
