using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using TorchSharp;
using ZsMlc.Torch.Runtime;

namespace ZsMlc.MLNet.Interop;

/// <summary>What the user has set on the <see cref="MLContext"/> that a component belongs to.</summary>
internal static class HostSettings
{
    /// <summary>The environment behind <c>ml.Transforms</c>.</summary>
    public static IHostEnvironment Environment(this TransformsCatalog catalog) => CatalogUtils.GetEnvironment(catalog);

    /// <summary>The environment behind <c>ml.Data</c>.</summary>
    public static IHostEnvironment Environment(this DataOperationsCatalog catalog) => CatalogUtils.GetEnvironment(catalog);

    /// <summary>The device of <c>GpuDeviceId</c> and <c>FallbackToCpu</c>, to be used; warns where the CPU stands in for a GPU.</summary>
    /// <param name="environment">The user's settings.</param>
    /// <param name="source">Who is going to use it, for the warning.</param>
    /// <exception cref="InvalidOperationException">The GPU does not exist and the fallback is not allowed.</exception>
    public static torch.Device Device(this IHostEnvironment environment, string source)
    {
        var device = environment.CheckDevice();
        if (device.type == TorchSharp.DeviceType.CPU && (environment as IHostEnvironmentInternal)?.GpuDeviceId is { } asked)
        {
            environment.Warning(source, $"GPU {asked} was asked for (GpuDeviceId) and is not there: the CPU stands in, many times slower. Set FallbackToCpu = false for an error instead.");
        }

        return device;
    }

    /// <summary>Throws when the device of <c>GpuDeviceId</c> and <c>FallbackToCpu</c> is not there; warns of nothing.</summary>
    /// <exception cref="InvalidOperationException">The GPU does not exist and the fallback is not allowed.</exception>
    public static torch.Device CheckDevice(this IHostEnvironment environment) =>
        environment is IHostEnvironmentInternal host ? TorchDevice.Select(host.GpuDeviceId, host.FallbackToCpu) : TorchDevice.Select(null);

    /// <summary>The seed of the context, or <see langword="null"/> if it has none.</summary>
    public static int? Seed(this IHostEnvironment environment) => (environment as IHostEnvironmentInternal)?.Seed;

    /// <summary>The folder for temporary files that the user chose by <c>MLContext.TempFilePath</c>, or the system's.</summary>
    public static string TemporaryFolder(this IHostEnvironment environment) =>
        environment is IHostEnvironmentInternal { TempFilePath: { Length: > 0 } chosen } ? chosen : Path.GetTempPath();

    /// <summary>Writes an information message to <c>MLContext.Log</c>.</summary>
    /// <param name="environment">Where messages go.</param>
    /// <param name="source">The message's source, which users filter by: the name of the public type that speaks, <c>Images</c> for the loaders.</param>
    /// <param name="message">The message.</param>
    public static void Info(this IHostEnvironment environment, string source, string message)
    {
        using var channel = environment.Start(source);
        channel.Info(MessageSensitivity.None, "{0}", message);
    }

    /// <summary>Writes a warning to <c>MLContext.Log</c>.</summary>
    /// <param name="environment">Where messages go.</param>
    /// <param name="source">The message's source, which users filter by: the name of the public type that speaks, <c>Images</c> for the loaders.</param>
    /// <param name="message">The message.</param>
    public static void Warning(this IHostEnvironment environment, string source, string message)
    {
        using var channel = environment.Start(source);
        channel.Warning(MessageSensitivity.None, "{0}", message);
    }
}
