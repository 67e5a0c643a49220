using System.Runtime.InteropServices;
using TorchSharp;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Kernels;

/// <summary>C functions that libtorch exports and TorchSharp has no calls for.</summary>
internal static unsafe class LibtorchCpu
{
    // Below this number of values threads cost more than they bring.
    private const int ThreadElements = 1 << 15;

    private static readonly nint s_library =
        RuntimeInformation.ProcessArchitecture == Architecture.X64 ? NativeLookup.Library(OperatingSystem.IsWindows() ? "torch_cpu.dll" : "libtorch_cpu.so") : 0;

    private static readonly delegate* unmanaged<nint, void**, int> s_data = (delegate* unmanaged<nint, void**, int>)Function("aoti_torch_get_data_ptr");

    private static readonly delegate* unmanaged<long, long, long, delegate* unmanaged<long, long, void*, void>, void*, int> s_parallel =
        (delegate* unmanaged<long, long, long, delegate* unmanaged<long, long, void*, void>, void*, int>)Function("torch_parallel_for");

    private static readonly delegate* unmanaged<void*, long, long*, long*, long, int, int, int, nint*, int> s_view =
        (delegate* unmanaged<void*, long, long*, long*, long, int, int, int, nint*, int>)Function("aoti_torch_create_tensor_from_blob");

    /// <summary>Gets whether there is a library to look in.</summary>
    public static bool IsLoaded => s_library != 0;

    /// <summary>Gets whether <see cref="Data"/> and <see cref="Loop"/> work.</summary>
    public static bool RunsLoops => s_data != null && s_parallel != null;

    /// <summary>The address of a function; 0 where this libtorch has none of the name.</summary>
    public static nint Function(string name) => NativeLookup.Function(s_library, name);

    /// <summary>Where a tensor's values begin. It is good for as long as the tensor is.</summary>
    public static void* Data(Tensor tensor)
    {
        void* data;
        return s_data(tensor.Handle, &data) == 0 ? data : throw new InvalidOperationException("libtorch gave no address for a tensor's values.");
    }

    /// <summary>A tensor on memory of another owner, who must keep it for as long as the tensor or a view of it is used; null where there is no such function.</summary>
    /// <param name="values">Contiguous bytes on the CPU.</param>
    /// <param name="shape">The tensor's shape.</param>
    public static Tensor? View(byte* values, params ReadOnlySpan<long> shape)
    {
        if (s_view == null)
        {
            return null;
        }

        var strides = stackalloc long[shape.Length];
        var step = 1L;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = step;
            step *= shape[i];
        }

        nint result;
        fixed (long* sizes = shape)
        {
            return s_view(values, shape.Length, sizes, strides, 0, (int)ScalarType.Byte, (int)DeviceType.CPU, 0, &result) == 0 ? Tensor.UnsafeCreateTensor(result) : null;
        }
    }

    /// <summary>Shares out a loop among libtorch's threads.</summary>
    /// <param name="count">How often.</param>
    /// <param name="elements">Values that one time works on.</param>
    /// <param name="work">Does the times from its first argument up to, but without, its second; the third is <paramref name="context"/>.</param>
    /// <param name="context">What the threads share.</param>
    public static void Loop(long count, int elements, delegate* unmanaged<long, long, void*, void> work, void* context)
    {
        if (s_parallel(0, count, Math.Max(1, ThreadElements / elements), work, context) != 0)
        {
            throw new InvalidOperationException("libtorch did not share out a loop.");
        }
    }
}
