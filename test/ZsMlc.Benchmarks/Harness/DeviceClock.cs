using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Benchmarks.Harness;

/// <summary>Waits for a device, so that a clock sees the work and not its queueing.</summary>
internal static class DeviceClock
{
    /// <summary>The element types worth measuring, with their short names.</summary>
    public static IReadOnlyList<(ScalarType Type, string Name)> AllPrecisions { get; } = [(ScalarType.Float32, "fp32"), (ScalarType.BFloat16, "bf16")];

    /// <summary>Gets or sets those that are measured.</summary>
    public static IReadOnlyList<(ScalarType Type, string Name)> Precisions { get; set; } = AllPrecisions;

    /// <summary>Runs work to its end and disposes what it made.</summary>
    public static void Run(BenchmarkOptions options, Action work)
    {
        using var scope = NewDisposeScope();
        work();
        if (options.Device.type == DeviceType.CUDA)
        {
            cuda.synchronize();
        }
    }
}
