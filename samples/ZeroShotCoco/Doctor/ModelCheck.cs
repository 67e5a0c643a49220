using System.Diagnostics;
using TorchSharp;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Samples.ZeroShotCoco.Doctor;

/// <summary>Loads a checkpoint as the job will, and times it on the chosen device.</summary>
internal static class ModelCheck
{
    private const int Batch = 8;

    /// <returns>What was found, and the seconds of one picture.</returns>
    public static (string Found, double Seconds) Clip(string path, Device device)
    {
        using var model = ClipModel.FromPretrained(path, device, TorchDevice.DefaultPrecision(device));
        var vision = model.Config.Vision;
        using var scope = NewDisposeScope();
        using var mode = inference_mode();
        var pixels = zeros(Batch, 3, vision.ImageSize, vision.ImageSize, dtype: TorchDevice.DefaultPrecision(device), device: device);
        var seconds = Time(device, () => model.EncodeImage(pixels).Dispose()) / Batch;
        var tower = vision.ResNetLayers is { } layers ? $"ResNet {string.Join('-', layers)}" : $"ViT/{vision.PatchSize}";
        return (FormattableString.Invariant($"{tower}, {vision.ImageSize} pixels, {1 / seconds:0.#} pictures/s"), seconds);
    }

    /// <returns>What was found, the side of a picture, and the seconds of one picture.</returns>
    public static (string Found, int Side, double Seconds) Diffusion(string folder, Device device, int steps, double guidance)
    {
        using var pipeline = StableDiffusionPipeline.FromPretrained(folder, device, TorchDevice.DefaultPrecision(device));
        double Seconds(int count) => Time(device, () => pipeline.GenerateAsync(
            ["a photo of a dog"], options: new GenerationOptions { Steps = count, GuidanceScale = guidance }).GetAwaiter().GetResult());

        // Two short runs give the cost of a step apart from that of the encoder and decoder.
        var (two, four) = (Seconds(2), Seconds(4));
        var step = Math.Max(1e-6, (four - two) / 2);
        var picture = Math.Max(two, two + ((steps - 2) * step));
        var side = pipeline.NativeSize;
        return (FormattableString.Invariant($"{side} x {side} pixels, {pipeline.SchedulerConfig.PredictionType}, {step:0.###} s a step, {picture:0.##} s a picture of {steps} steps"), side, picture);
    }

    private static double Time(Device device, Action work)
    {
        work();
        Wait(device);
        var clock = Stopwatch.StartNew();
        work();
        Wait(device);
        return clock.Elapsed.TotalSeconds;
    }

    private static void Wait(Device device)
    {
        if (device.type == DeviceType.CUDA)
        {
            cuda.synchronize(device);
        }
    }
}
