using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using TorchSharp;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Kernels;

/// <summary>What a fused kernel does to its result before it writes it.</summary>
internal enum FusedActivation
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>The exact x·Φ(x).</summary>
    Gelu,

    /// <summary>x·σ(x).</summary>
    Swish,
}

/// <summary>
/// Layers that need no second pass over their result: oneDNN's kernels with activation or sum, which libtorch exports as C
/// functions for models that are compiled ahead of time and TorchSharp has no calls for. Every function returns null where
/// there is no such kernel: on a GPU, where a gradient is to flow, for other element types, on processors or in a libtorch
/// without it, and where libtorch refuses the arguments. The caller then takes the plain way, whose errors carry libtorch's text.
/// </summary>
internal static unsafe class FusedKernels
{
    private static readonly byte[][] s_activations = ["none\0"u8.ToArray(), "relu\0"u8.ToArray(), "gelu\0"u8.ToArray(), "swish\0"u8.ToArray()];
    private static readonly byte[] s_add = "add\0"u8.ToArray(), s_multiply = "mul\0"u8.ToArray(), s_exact = "none\0"u8.ToArray();

    private static readonly delegate* unmanaged<nint, nint, nint*, long*, long, long*, long, long*, long, long, byte*, double**, long, byte**, nint*, int> s_convolution =
        (delegate* unmanaged<nint, nint, nint*, long*, long, long*, long, long*, long, long, byte*, double**, long, byte**, nint*, int>)LibtorchCpu.Function("aoti_torch_cpu_mkldnn__convolution_pointwise");

    private static readonly delegate* unmanaged<nint, nint, nint, nint*, long*, long, long*, long, long*, long, long, byte*, double*, byte**, double**, long, byte**, nint*, int> s_convolutionSum =
        (delegate* unmanaged<nint, nint, nint, nint*, long*, long, long*, long, long*, long, long, byte*, double*, byte**, double**, long, byte**, nint*, int>)LibtorchCpu.Function("aoti_torch_cpu_mkldnn__convolution_pointwise_binary_");

    private static readonly delegate* unmanaged<nint, nint, nint, nint*, long*, long, long*, long, long*, long, long, byte*, double*, byte**, double**, long, byte**, nint*, int> s_convolutionBinary =
        (delegate* unmanaged<nint, nint, nint, nint*, long*, long, long*, long, long*, long, long, byte*, double*, byte**, double**, long, byte**, nint*, int>)LibtorchCpu.Function("aoti_torch_cpu_mkldnn__convolution_pointwise_binary");

    private static readonly delegate* unmanaged<nint, nint, nint*, byte*, double**, long, byte**, nint*, int> s_linear =
        (delegate* unmanaged<nint, nint, nint*, byte*, double**, long, byte**, nint*, int>)LibtorchCpu.Function("aoti_torch_cpu__linear_pointwise");

    private static readonly delegate* unmanaged<nint, nint, nint, nint*, byte*, nint*, int> s_linearBinary =
        (delegate* unmanaged<nint, nint, nint, nint*, byte*, nint*, int>)LibtorchCpu.Function("aoti_torch_cpu__linear_pointwise_binary");

    /// <summary>Whether there are kernels for an element type on this processor.</summary>
    public static bool Serve(ScalarType type) => LibtorchCpu.IsLoaded && type switch
    {
        ScalarType.Float32 => Avx2.IsSupported,
        ScalarType.BFloat16 => Processor.This is { Avx512: true },
        _ => false,
    };

    /// <summary>
    /// Whether the wide linear layers of a vision transformer are faster by these kernels than by libtorch's own, which in single precision are MKL's:
    /// MKL has its best code for Intel's processors, where a judge took 1.2 times as long by these kernels, and on AMD's 0.7 times.
    /// </summary>
    public static bool PayForWideLinear(ScalarType type) => Serve(type) && (type != ScalarType.Float32 || Processor.This is not { IsIntel: true });

    /// <summary>Activation of a convolution [B, C, H, W], channels last.</summary>
    public static Tensor? Convolution(Tensor x, Tensor weight, Tensor bias, long stride, long padding, FusedActivation activation)
    {
        if (s_convolution == null || !Fits(x, weight) || Learns(bias))
        {
            return null;
        }

        long* strides = stackalloc long[] { stride, stride }, paddings = stackalloc long[] { padding, padding }, dilations = stackalloc long[] { 1, 1 };
        nint result, b = bias.Handle;
        fixed (byte* name = s_activations[(int)activation], exact = s_exact)
        {
            var algorithm = exact;
            var error = s_convolution(x.Handle, weight.Handle, &b, paddings, 2, strides, 2, dilations, 2, 1, name, null, 0, activation == FusedActivation.Gelu ? &algorithm : null, &result);
            return Taken(error, result, x, weight, bias);
        }
    }

    /// <summary>Activation of the sum of a convolution and <paramref name="sum"/>, which is overwritten by the result; None or Relu.</summary>
    /// <returns>Whether it was done.</returns>
    public static bool AddConvolution(Tensor sum, Tensor x, Tensor weight, Tensor bias, long stride, long padding, FusedActivation activation)
    {
        if (s_convolutionSum == null || !Fits(x, weight, sum) || Learns(bias))
        {
            return false;
        }

        long* strides = stackalloc long[] { stride, stride }, paddings = stackalloc long[] { padding, padding }, dilations = stackalloc long[] { 1, 1 };
        nint result, b = bias.Handle;
        var factor = 1.0;
        fixed (byte* add = s_add, name = s_activations[(int)activation])
        {
            var unary = name;
            var error = s_convolutionSum(sum.Handle, x.Handle, weight.Handle, &b, paddings, 2, strides, 2, dilations, 2, 1, add, &factor, activation == FusedActivation.None ? null : &unary, null, 0, null, &result);
            using var same = Taken(error, result, sum, x, weight, bias);
            return same is not null;
        }
    }

    /// <summary>The sum of a convolution and <paramref name="residual"/>, a new tensor.</summary>
    public static Tensor? Convolution(Tensor x, Tensor weight, Tensor bias, long stride, long padding, Tensor residual)
    {
        if (s_convolutionBinary == null || !Fits(x, weight, residual) || Learns(bias))
        {
            return null;
        }

        long* strides = stackalloc long[] { stride, stride }, paddings = stackalloc long[] { padding, padding }, dilations = stackalloc long[] { 1, 1 };
        nint result, b = bias.Handle;
        var factor = 1.0;
        fixed (byte* add = s_add)
        {
            var error = s_convolutionBinary(x.Handle, residual.Handle, weight.Handle, &b, paddings, 2, strides, 2, dilations, 2, 1, add, &factor, null, null, 0, null, &result);
            return Taken(error, result, x, residual, weight, bias);
        }
    }

    /// <summary>Activation of a linear layer.</summary>
    /// <param name="x">[..., in].</param>
    /// <param name="weight">[out, in], as it is or packed.</param>
    /// <param name="bias">[out], or null for none.</param>
    /// <param name="activation">The activation.</param>
    public static Tensor? Linear(Tensor x, Tensor weight, Tensor? bias, FusedActivation activation)
    {
        if (s_linear == null || !Fits(x, weight) || Learns(bias))
        {
            return null;
        }

        nint result, b = bias?.Handle ?? 0;
        fixed (byte* name = s_activations[(int)activation], exact = s_exact)
        {
            var algorithm = exact;
            var error = s_linear(x.Handle, weight.Handle, bias is null ? null : &b, name, null, 0, activation == FusedActivation.Gelu ? &algorithm : null, &result);
            return Taken(error, result, x, weight, bias);
        }
    }

    /// <summary>The sum of a linear layer and <paramref name="residual"/>, a new tensor.</summary>
    public static Tensor? Linear(Tensor x, Tensor weight, Tensor? bias, Tensor residual) => LinearAnd(s_add, x, weight, bias, residual);

    /// <summary>The product of a linear layer and <paramref name="gate"/>, elementwise, a new tensor.</summary>
    public static Tensor? GatedLinear(Tensor x, Tensor weight, Tensor bias, Tensor gate) => LinearAnd(s_multiply, x, weight, bias, gate);

    private static Tensor? LinearAnd(byte[] operation, Tensor x, Tensor weight, Tensor? bias, Tensor other)
    {
        if (s_linearBinary == null || !Fits(x, weight, other) || Learns(bias))
        {
            return null;
        }

        nint result, b = bias?.Handle ?? 0;
        fixed (byte* name = operation)
        {
            var error = s_linearBinary(x.Handle, other.Handle, weight.Handle, bias is null ? null : &b, name, &result);
            return Taken(error, result, x, other, weight, bias);
        }
    }

    /// <summary>Whether there are kernels for these arguments: one element type that is served, on the CPU, and no gradient to flow.</summary>
    internal static bool Fits(params ReadOnlySpan<Tensor> arguments)
    {
        var gradients = is_grad_enabled();
        foreach (var x in arguments)
        {
            if (x.device_type != DeviceType.CPU || x.dtype != arguments[0].dtype || (gradients && x.requires_grad))
            {
                return false;
            }
        }

        return Serve(arguments[0].dtype);
    }

    private static bool Learns(Tensor? bias) => bias?.requires_grad == true && is_grad_enabled();

    /// <summary>Takes over the handle of a result. The arguments are named so that the collector leaves them alone until the kernel has ended.</summary>
    internal static Tensor? Taken(int error, nint result, params ReadOnlySpan<Tensor?> arguments)
    {
        foreach (var argument in arguments)
        {
            GC.KeepAlive(argument);
        }

        return error == 0 ? Tensor.UnsafeCreateTensor(result) : null;
    }
}
