using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Runtime;

/// <summary>Chooses the device that the networks run on.</summary>
public static class TorchDevice
{
    /// <summary>The element type that images are generated in where none is chosen: BFloat16 on a GPU, Float32 on a CPU.</summary>
    /// <param name="device">The device.</param>
    public static ScalarType DefaultPrecision(Device device) => device.type == DeviceType.CPU ? ScalarType.Float32 : ScalarType.BFloat16;

    /// <summary>Returns the GPU of the given index, or the CPU.</summary>
    /// <param name="gpuDeviceId">Index of the CUDA device, 0 or more; <see langword="null"/> chooses the CPU.</param>
    /// <param name="fallbackToCpu">Whether the CPU is used when that GPU is not there.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="gpuDeviceId"/> is negative.</exception>
    /// <exception cref="InvalidOperationException">The GPU does not exist and <paramref name="fallbackToCpu"/> is false.</exception>
    /// <exception cref="DllNotFoundException">The native libtorch cannot be loaded.</exception>
    public static Device Select(int? gpuDeviceId, bool fallbackToCpu = true)
    {
        TorchRuntime.EnsureLoaded();
        if (gpuDeviceId is not { } index)
        {
            return CPU;
        }

        ArgumentOutOfRangeException.ThrowIfNegative(index, nameof(gpuDeviceId));
        var count = cuda.is_available() ? cuda.device_count() : 0;
        if (index < count)
        {
            return new Device(DeviceType.CUDA, index);
        }

        return fallbackToCpu
            ? CPU
            : throw new InvalidOperationException(
                $"GPU {index} was asked for (GpuDeviceId) and FallbackToCpu is false, but {(count == 0 ? $"no CUDA device is usable{Why()}" : $"only {count} CUDA device(s) exist, 0 to {count - 1}")}. "
                + "Install the package TorchSharp-cuda-linux and the NVIDIA driver, choose another index, or allow the fallback.");
    }

    private static string Why() => TorchRuntime.CudaFailure is { } failure ? $" ({failure})" : "";
}
