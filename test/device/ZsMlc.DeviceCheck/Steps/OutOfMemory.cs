using System.Runtime.InteropServices;
using TorchSharp;
using ZsMlc.Benchmarks;
using ZsMlc.Benchmarks.Harness;
using ZsMlc.DeviceCheck.Harness;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Tuning;
using ZsMlc.Torch.Filtering;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.DeviceCheck.Steps;

/// <summary>Memory that is not there, asked for on purpose; then a tuning step, which runs autograd's own thread; then what is left after Dispose.</summary>
internal sealed class OutOfMemory : ICheckStep
{
    public string Number => "7";

    public string Title => "out of memory, tuning";

    public IEnumerable<Finding> Run(CheckOptions options)
    {
        var device = options.Device;
        var tensors = Tensor.TotalCount;
        yield return Asked(device);
        using (var pipeline = new RandomPipelines(device, options.Smoke, ScalarType.Float32).StableDiffusion15())
        {
            yield return TooManyImages(pipeline, options);
            foreach (var finding in Tune(pipeline, options))
            {
                yield return finding;
            }
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
        yield return new("tensors alive after Dispose", Tensor.TotalCount - tensors, "tensors", 0);
        yield return Working("a sum after everything", device);
    }

    /// <summary>More than any device has.</summary>
    private static Finding Asked(Device device)
    {
        try
        {
            using var _ = empty([1L << 42], device: device);
            return Finding.Failure("16 TB in one tensor", "came without an error");
        }
        catch (ExternalException error)
        {
            return Finding.Of("16 TB in one tensor", $"{error.GetType().Name}: {FirstLine(error)}");
        }
    }

    /// <summary>A batch whose attention and activations no device holds; the library is to answer, and work on.</summary>
    private static Finding TooManyImages(StableDiffusionPipeline pipeline, CheckOptions options)
    {
        if (options.Gpu is null)
        {
            return Finding.Of("images that do not fit", "left out: the CPU would swap");
        }

        const int images = 1024;
        try
        {
            var made = pipeline.GenerateAsync([.. Enumerable.Repeat("a dog", images)], options: new() { Steps = 1, BatchSize = images, Height = 1024, Width = 1024 }).GetAwaiter().GetResult();
            return Finding.Failure("images that do not fit", $"{made.Count} images came without an error");
        }
        catch (Exception error) when (error is ExternalException or InvalidOperationException or OutOfMemoryException)
        {
            return Finding.Of("images that do not fit", $"{error.GetType().Name}: {FirstLine(error)}");
        }
    }

    private static IEnumerable<Finding> Tune(StableDiffusionPipeline pipeline, CheckOptions options)
    {
        BenchmarkOptions benchmark = new(1, 1, pipeline.Device, 1, options.Smoke);
        using var clip = RandomModels.Judge(benchmark);
        using var judge = new ClipDiscriminator(clip, RandomModels.LabelNames(4));
        List<long> counts = [];
        var result = TextEncoderTuner.Tune(
            pipeline, judge, _ => [new("a photo of thing 10", [0])],
            new() { Iterations = 5, LastSteps = 2, Sampling = new() { Steps = 3 } },
            new Observer(() => counts.Add(Tensor.TotalCount)));
        yield return new("loss of the last tuning step", result.Losses[^1], Note: $"{result.SkippedSteps} of {result.Losses.Count} steps left out", Failed: !double.IsFinite(result.Losses[^1]));
        yield return new("tensors more after the fifth step than after the second", counts[4] - counts[1], "tensors", 0);
    }

    private static Finding Working(string name, Device device)
    {
        using var sum = ones([1000], device: device).sum();
        var memory = CudaDriver.Memory() is { } m ? FormattableString.Invariant($"{(m.Total - m.Free) / 1e9:0.0} GB kept by libtorch") : "";
        return new(name, Math.Abs(sum.item<float>() - 1000), "off", 0, memory);
    }

    private static string FirstLine(Exception error) => error.Message.Split('\n')[0];

    private sealed class Observer(Action told) : IProgress<TuningProgress>
    {
        public void Report(TuningProgress value) => told();
    }
}
