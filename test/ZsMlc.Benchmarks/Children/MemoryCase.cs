using System.Globalization;
using ZsMlc.Benchmarks.Harness;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Autoencoder;
using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Diffusion.TextEncoder;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace ZsMlc.Benchmarks.Children;

/// <summary>
/// One piece of work, for its memory. Arguments: <c>train</c> or <c>transform</c> and <c>fp32</c> or <c>bf16</c>; or
/// <c>gradients</c>, a number of steps, and <c>keep</c> or <c>recompute</c>. Prints the resident set before the work, its peak, and what is left of it behind the work, in MB.
/// </summary>
internal sealed class MemoryCase : IChild
{
    public string Name => "memory";

    public void Run(IReadOnlyList<string> arguments, BenchmarkOptions options)
    {
        using var scope = NewDisposeScope();
        var type = DeviceClock.AllPrecisions.FirstOrDefault(p => p.Name == arguments[1]).Type;
        switch (arguments[0])
        {
            case "train":
                using (var clip = RandomModels.ResNet(options))
                using (var classifier = RandomModels.Classifier(clip, Train.Labels, type))
                {
                    Print(() => Train.Steps(classifier, options, 1));
                }

                break;
            case "transform":
                using (var clip = RandomModels.ResNet(options))
                using (var model = RandomModels.Transformer(clip, Classify.Labels, type, options))
                {
                    var photos = Enumerable.Range(0, options.Batch).Select(i => SamplePhotos.Create(i)).ToList();
                    Print(() => SamplePhotos.ReadScores(model.Transform(SamplePhotos.Decoded(photos))));
                }

                break;
            default:
                using (var pipeline = Pipeline(options))
                {
                    pipeline.Unet.GradientCheckpointing = arguments[2] == "recompute";
                    Print(() => Gradients(pipeline, int.Parse(arguments[1], CultureInfo.InvariantCulture)));
                }

                break;
        }
    }

    private static void Print(Action work)
    {
        var before = ProcessMemory.CurrentMegabytes;
        ProcessMemory.ResetPeak();
        work();
        var peak = ProcessMemory.PeakMegabytes;
        GC.Collect();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{before} {peak} {ProcessMemory.CurrentMegabytes}"));
    }

    private static void Gradients(StableDiffusionPipeline pipeline, int steps)
    {
        using var scope = NewDisposeScope();
        var unet = pipeline.Unet.Config;
        var context = randn(1, 77, unet.CrossAttentionDim).requires_grad_(true);
        var noise = randn(1, unet.InChannels, unet.SampleSize, unet.SampleSize);
        var (_, pixels) = pipeline.SampleWithGradients(new(context), noise, new() { Steps = steps, GuidanceScale = 1 });
        pixels.sum().backward();
    }

    /// <summary>A pipeline whose UNet needs far more memory for activations than for weights.</summary>
    private static StableDiffusionPipeline Pipeline(BenchmarkOptions options)
    {
        random.manual_seed(1);
        var config = options.Smoke ? RandomModels.TinyUnet : new UnetConfig { BlockOutChannels = [64, 128, 256, 256], SampleSize = 32, CrossAttentionDim = 32, AttentionHeadDim = 4 };
        return new(
            RandomModels.Frozen(new ClipTextEncoder(new() { HiddenSize = 32, IntermediateSize = 64, NumHiddenLayers = 1, NumAttentionHeads = 2 }), options),
            RandomModels.Unet(config, options),
            RandomModels.Frozen(new AutoencoderKL(new() { BlockOutChannels = [8, 8], LayersPerBlock = 1, NormNumGroups = 4 }), options),
            ClipTokenizer.Default,
            new SchedulerConfig { ClassName = "DDIMScheduler", StepsOffset = 1, SetAlphaToOne = false });
    }
}
