using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Kernels;

/// <summary>
/// Weights in the order in which the kernels of <see cref="FusedKernels"/> read them, which is otherwise made anew at every call.
/// For those functions alone; <see langword="null"/> where they have no kernel.
/// </summary>
internal static unsafe class PackedWeights
{
    private static readonly byte[] s_linear = "mkldnn::_reorder_linear_weight\0"u8.ToArray(), s_convolution = "mkldnn::_reorder_convolution_weight\0"u8.ToArray(), s_overload = "\0"u8.ToArray();

    private static readonly delegate* unmanaged<byte*, byte*, ulong*, int> s_dispatch = (delegate* unmanaged<byte*, byte*, ulong*, int>)LibtorchCpu.Function("aoti_torch_call_dispatcher");

    private static readonly delegate* unmanaged<nint, nint*, int> s_newHandle = (delegate* unmanaged<nint, nint*, int>)LibtorchCpu.Function("aoti_torch_new_tensor_handle");

    private static readonly delegate* unmanaged<nint, nint*, int> s_newList = (delegate* unmanaged<nint, nint*, int>)LibtorchCpu.Function("torch_new_list_reserve_size");

    private static readonly delegate* unmanaged<nint, ulong, int> s_push = (delegate* unmanaged<nint, ulong, int>)LibtorchCpu.Function("torch_list_push_back");

    /// <summary>C++'s operator new, since libtorch deletes an optional value that it is given.</summary>
    private static readonly delegate* unmanaged<nuint, ulong*> s_new =
        (delegate* unmanaged<nuint, ulong*>)(OperatingSystem.IsLinux() ? NativeLookup.Function(NativeLookup.Library("libstdc++.so.6"), "_Znwm") : 0);

    /// <summary>The weight [out, in] of a linear layer.</summary>
    public static Tensor? Linear(Tensor weight) =>
        s_dispatch == null || s_newHandle == null || !FusedKernels.Fits(weight)
            ? null
            : Dispatched(s_linear, weight, 0); // The number of rows is not known.

    /// <summary>The weight [out, in, k, k] of a convolution without groups or dilation.</summary>
    /// <param name="weight">The weight.</param>
    /// <param name="stride">Stride of the convolution.</param>
    /// <param name="padding">Padding of the convolution.</param>
    /// <param name="input">Shape [B, in, H, W] of what it will be applied to; it may be applied to others, but slowly.</param>
    public static Tensor? Convolution(Tensor weight, long stride, long padding, long[] input)
    {
        if (s_dispatch == null || s_newHandle == null || s_newList == null || s_push == null || s_new == null || !FusedKernels.Fits(weight))
        {
            return null;
        }

        var shape = s_new(sizeof(ulong));
        *shape = List(input);
        return Dispatched(s_convolution, weight, List(padding, padding), List(stride, stride), List(1, 1), 1, (ulong)shape);
    }

    /// <summary>Calls a function of libtorch's dispatcher on a weight and arguments that it takes over.</summary>
    private static Tensor? Dispatched(byte[] function, Tensor weight, params ReadOnlySpan<ulong> arguments)
    {
        // The dispatcher owns what it is given, so it gets a handle of its own.
        nint handle;
        if (s_newHandle(weight.Handle, &handle) != 0)
        {
            return null;
        }

        var stack = stackalloc ulong[1 + arguments.Length];
        stack[0] = (ulong)handle;
        arguments.CopyTo(new(stack + 1, arguments.Length));
        fixed (byte* name = function, overload = s_overload)
        {
            var error = s_dispatch(name, overload, stack);
            return FusedKernels.Taken(error, (nint)stack[0], weight);
        }
    }

    private static ulong List(params ReadOnlySpan<long> values)
    {
        nint list;
        _ = s_newList(values.Length, &list);
        foreach (var value in values)
        {
            _ = s_push(list, (ulong)value);
        }

        return (ulong)list;
    }
}
