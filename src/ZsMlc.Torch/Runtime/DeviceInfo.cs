using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Runtime;

/// <summary>What a device is and has, for logs and estimates.</summary>
/// <param name="Name">The GPU's name, or the number of the processor's threads.</param>
/// <param name="FreeMemory">Free bytes at the moment; for the CPU those that the process may use.</param>
/// <param name="TotalMemory">All bytes of the device's memory, or those that the process may use.</param>
/// <param name="Driver">Version of NVIDIA's driver, or null on a CPU.</param>
/// <param name="Cuda">Newest CUDA version that the driver serves, or null on a CPU.</param>
/// <param name="LibTorch">Version of the loaded libtorch, such as 2.10.</param>
public sealed record DeviceInfo(string Name, long FreeMemory, long TotalMemory, string? Driver, string? Cuda, string LibTorch)
{
    /// <summary>Asks a device. The first question makes CUDA's context on it, some hundred megabytes.</summary>
    /// <param name="device">A device that <see cref="TorchDevice.Select"/> returned.</param>
    public static DeviceInfo Of(Device device)
    {
        if (device.type != DeviceType.CUDA)
        {
            var memory = GC.GetGCMemoryInfo();
            return new($"CPU, {get_num_threads()} threads", Math.Max(0, memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes), memory.TotalAvailableMemoryBytes, null, null, LoadedVersion());
        }

        using var touch = zeros(1, device: device);
        cuda.synchronize(device);
        var (free, total) = CudaDriver.Memory() ?? (0, 0);
        return new(CudaDriver.Name(device.index) ?? "unknown GPU", free, total, CudaDriver.Version, CudaDriver.CudaVersion, LoadedVersion());
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var memory = string.Create(CultureInfo.InvariantCulture, $"{FreeMemory / 1e9:0.0} of {TotalMemory / 1e9:0.0} GB free");
        return Cuda is null ? $"{Name}, {memory}, libtorch {LibTorch}" : $"{Name}, {memory}, driver {Driver ?? "of unknown version"}, CUDA {Cuda}, libtorch {LibTorch}";
    }

    /// <summary>TorchSharp's own statement is that of the libtorch it was built for.</summary>
    private static string LoadedVersion()
    {
        var name = OperatingSystem.IsWindows() ? "torch_cpu.dll" : OperatingSystem.IsMacOS() ? "libtorch_cpu.dylib" : "libtorch_cpu.so";
        return NativeLibrary.TryLoad(name, out var library) ? LibtorchVersion.Of(library)?.ToString() ?? __version__ : __version__;
    }
}
