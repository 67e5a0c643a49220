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
        yield return Asked(device);
        using (var pipeline = Pipeline(device, options))
        {
            yield return TooManyImages(pipeline, options);
            foreach (var finding in Tune(pipeline, options))
            {
                yield return finding;
            }
        }

        // What libtorch keeps it gives out again: a network that comes and goes takes nothing more.
        var kept = Kept();
        for (var i = 0; i < 2; i++)
        {
            Pipeline(device, options).Dispose();
        }

        yield return new("memory more after two pipelines came and went", (Kept() - kept) / 1e9, "GB", 0.05);
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

    /// <summary>Batches of twice as many images each, until one does not fit: half as many must, and the library must say so.</summary>
    private static Finding TooManyImages(StableDiffusionPipeline pipeline, CheckOptions options)
    {
        const string name = "a batch that does not fit";
        List<string> told = [];
        for (var images = 32; options.Gpu is not null && images <= 4096; images *= 2)
        {
            var made = pipeline.GenerateAsync(
                [.. Enumerable.Repeat("a dog", images)], options: new() { Steps = 1, GuidanceScale = 1, BatchSize = images, Warning = told.Add }).GetAwaiter().GetResult();
            if (told.Count > 0)
            {
                return new(name, made.Count, "images", Note: told[0]);
            }
        }

        return options.Gpu is null ? Finding.Of(name, "left out: the CPU would swap") : Finding.Failure(name, "there was none");
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
        return new(name, Math.Abs(sum.item<float>() - 1000), "off", 0, FormattableString.Invariant($"{Kept() / 1e9:0.0} GB taken or kept by libtorch"));
    }

    private static StableDiffusionPipeline Pipeline(Device device, CheckOptions options) => new RandomPipelines(device, options.Smoke, ScalarType.Float32).StableDiffusion15();

    private static double Kept() => CudaDriver.Memory() is { } memory ? memory.Total - memory.Free : 0;

    private static string FirstLine(Exception error) => error.Message.Split('\n')[0];

    private sealed class Observer(Action told) : IProgress<TuningProgress>
    {
        public void Report(TuningProgress value) => told();
    }
}
