using System.Runtime.InteropServices;

namespace ZsMlc.Torch.Runtime;

/// <summary>The few questions to NVIDIA's driver that TorchSharp has no call for. Every answer is null where the driver is not there.</summary>
internal static unsafe class CudaDriver
{
    private static readonly nint s_driver = NativeLookup.Library(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1");
    private static readonly nint s_management = NativeLookup.Library(OperatingSystem.IsWindows() ? "nvml.dll" : "libnvidia-ml.so.1");

    /// <summary>Newest CUDA version that the driver serves, for example 13.0.</summary>
    public static string? CudaVersion
    {
        get
        {
            var ask = (delegate* unmanaged<int*, int>)NativeLookup.Function(s_driver, "cuDriverGetVersion");
            int version;
            return ask != null && ask(&version) == 0 ? $"{version / 1000}.{version % 1000 / 10}" : null;
        }
    }

    /// <summary>The driver's own version, for example 580.95.</summary>
    public static string? Version
    {
        get
        {
            var start = (delegate* unmanaged<int>)NativeLookup.Function(s_management, "nvmlInit_v2");
            var ask = (delegate* unmanaged<byte*, uint, int>)NativeLookup.Function(s_management, "nvmlSystemGetDriverVersion");
            var text = stackalloc byte[96];
            return start != null && ask != null && start() == 0 && ask(text, 96) == 0 ? Marshal.PtrToStringAnsi((nint)text) : null;
        }
    }

    /// <summary>Name of a device.</summary>
    public static string? Name(int index)
    {
        var start = (delegate* unmanaged<uint, int>)NativeLookup.Function(s_driver, "cuInit");
        var get = (delegate* unmanaged<int*, int, int>)NativeLookup.Function(s_driver, "cuDeviceGet");
        var ask = (delegate* unmanaged<byte*, int, int, int>)NativeLookup.Function(s_driver, "cuDeviceGetName");
        int device;
        var text = stackalloc byte[256];
        return start != null && get != null && ask != null && start(0) == 0 && get(&device, index) == 0 && ask(text, 256, device) == 0 ? Marshal.PtrToStringAnsi((nint)text) : null;
    }

    /// <summary>Free and total bytes of the device that this thread last used; what libtorch keeps for reuse is not free.</summary>
    public static (long Free, long Total)? Memory()
    {
        var ask = (delegate* unmanaged<nuint*, nuint*, int>)NativeLookup.Function(s_driver, "cuMemGetInfo_v2");
        nuint free, total;
        return ask != null && ask(&free, &total) == 0 ? ((long)free, (long)total) : null;
    }
}
