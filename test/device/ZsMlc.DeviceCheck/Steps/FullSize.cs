using System.Diagnostics;
using TorchSharp;
using ZsMlc.Benchmarks;
using ZsMlc.DeviceCheck.Harness;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Unet;
using ZsMlc.Torch.Kernels;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.DeviceCheck.Steps;

/// <summary>A denoiser's step and whole images of 20 steps at a published size, on random weights in bfloat16.</summary>
/// <param name="number">The part's number.</param>
/// <param name="name">The model.</param>
/// <param name="create">Makes it on a device.</param>
internal sealed class FullSize(string number, string name, Func<RandomPipelines, StableDiffusionPipeline> create) : ICheckStep
{
    private const int Steps = 20, Batch = 8, Repeats = 5;

    /// <summary>Every published size in a process of its own, so that its memory is its own.</summary>
    public static IReadOnlyList<ICheckStep> Parts { get; } =
    [
        new FullSize("6a", "Stable Diffusion 1.5, 512²", p => p.StableDiffusion15()),
        new FullSize("6b", "Stable Diffusion 2, 768²", p => p.StableDiffusion2()),
        new FullSize("6c", "SDXL, 1024²", p => p.StableDiffusionXL()),
    ];

    public string Number => number;

    public string Title => name;

    public IEnumerable<Finding> Run(CheckOptions options)
    {
        var device = options.Device;
        var before = Used(device);
        using var pipeline = create(new(device, options.Smoke));
        yield return new("weights", pipeline.Unet.parameters().Sum(p => (double)p.numel()) / 1e6, "million in the denoiser");
        foreach (var channelsLast in new[] { false, true })
        {
            ChannelsLast.Weights(pipeline.Unet, channelsLast);
            foreach (var rows in new[] { 2, 2 * Batch })
            {
                yield return new($"denoiser, {rows} rows, {(channelsLast ? "channels-last" : "NCHW")}", 1000 * Step(pipeline, rows, channelsLast), "ms");
            }
        }

        ChannelsLast.Weights(pipeline.Unet, false);
        yield return new("memory after the denoiser alone", (Used(device) - before) / 1e9, "GB");
        foreach (var (batch, images) in new[] { (1, 1), (Batch, Batch) })
        {
            // The first run warms up.
            var seconds = Enumerable.Range(0, 3).Select(_ => Images(pipeline, batch, images)).ToArray();
            yield return new($"image of {Steps} steps with guidance, batches of {batch}", seconds[1..].Min() / images, "s an image", Note: FormattableString.Invariant($"{seconds[0] / images:0.000} in the first batch"));
            yield return new($"memory after batches of {batch}", (Used(device) - before) / 1e9, "GB", Note: "the high-water mark of libtorch's kept memory");
        }
    }

    private static double Step(StableDiffusionPipeline pipeline, int rows, bool channelsLast)
    {
        const int tokens = 77;
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var (config, type, device) = (pipeline.Unet.Config, pipeline.DType, pipeline.Device);
        var sample = randn([rows, config.InChannels, config.SampleSize, config.SampleSize], type, device);
        sample = channelsLast ? ChannelsLast.Of(sample) : sample;
        UnetConditioning conditioning = new(
            randn([rows, tokens, config.CrossAttentionDim], type, device),
            config.PooledDim is { } width ? randn([rows, width], type, device) : null,
            config.PooledDim is null ? null : full([rows, ImageSizes.Count], 1024f, device: device));
        var time = full([1], 500f, device: device);
        void Run(int count)
        {
            for (var i = 0; i < count; i++)
            {
                pipeline.Unet.Predict(sample, time, conditioning).Dispose();
            }

            Wait(device);
        }

        Run(2);
        var clock = Stopwatch.StartNew();
        Run(Repeats);
        return clock.Elapsed.TotalSeconds / Repeats;
    }

    private static double Images(StableDiffusionPipeline pipeline, int batch, int images)
    {
        var clock = Stopwatch.StartNew();
        pipeline.GenerateAsync([.. Enumerable.Repeat("a photo of a dog next to a bus", images)], options: new() { Steps = Steps, BatchSize = batch }).GetAwaiter().GetResult();
        return clock.Elapsed.TotalSeconds;
    }

    private static void Wait(Device device)
    {
        if (device.type == DeviceType.CUDA)
        {
            cuda.synchronize(device);
        }
    }

    private static double Used(Device device)
    {
        Wait(device);
        return CudaDriver.Memory() is { } memory ? memory.Total - memory.Free : 0;
    }
}
