using System.Globalization;
using Microsoft.ML;
using ZsMlc.Benchmarks.Harness;
using ZsMlc.MicroModels;
using ZsMlc.MLNet;
using ZsMlc.MLNet.Classification;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Filtering;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Benchmarks.Children;

/// <summary>
/// One of our works, answered as a peer answers: a line <c>name, seconds a batch, images/s</c>, parted by tabs. Arguments:
/// <c>classify</c>, <c>train</c>, both with <c>-vit</c> for ViT-B/16 in place of RN50, <c>filter</c>, <c>filter1</c>, <c>unet</c> (a step of half Stable Diffusion's width), or on the
/// micro models <c>generate</c> (20 steps, guidance 2.5) and <c>micro</c> (pictures through <c>Transform</c>); <c>photos</c> and <c>photos-micro</c> (JPEG files of 640×480 through
/// <c>Transform</c>, with RN50 and the micro classifier); and <c>fp32</c> or <c>bf16</c>.
/// </summary>
internal sealed class OurSide : IChild
{
    // Enough batches of the micro classifier for a clock.
    private const int MicroPictures = 160;

    private const int Photos = 128;

    public string Name => "side";

    public void Run(IReadOnlyList<string> arguments, BenchmarkOptions options)
    {
        using var scope = NewDisposeScope();
        var (what, type) = (arguments[0], DeviceClock.AllPrecisions.Single(p => p.Name == arguments[1]).Type);
        var seconds = what switch
        {
            "classify" => Scoring(RandomModels.ResNet, type, options),
            "classify-vit" => Scoring(RandomModels.ViT, type, options),
            "train" => Training(RandomModels.ResNet, type, options),
            "train-vit" => Training(RandomModels.ViT, type, options),
            "unet" => Denoising(type, options),
            "generate" => Generating(type, options),
            "micro" => Transforming(type, options),
            "photos" => Tagging(RandomModels.ResNet, contextTokens: 64, type, options),
            "photos-micro" => Tagging(o => ClipModel.FromPretrained(ZeroShotModels.Micro.Clip, o.Device), contextTokens: 4, type, options),
            _ => Filtering(what, type, options),
        };
        var median = Measurement.Of(what, "s", seconds).Median;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}\t{median:0.00000} s/batch\t{options.Batch / median:0.000} images/s"));
    }

    private static IReadOnlyList<double> Scoring(Func<BenchmarkOptions, ClipModel> backbone, ScalarType type, BenchmarkOptions options)
    {
        using var clip = backbone(options);
        using var classifier = RandomModels.Classifier(clip, Classify.Labels, type);
        using var pixels = RandomModels.Pixels(options.Batch, classifier.Vision.ImageSize);
        return Measurement.Time(() => DeviceClock.Run(options, () => classifier.Score(pixels)), options.Runs);
    }

    private static IReadOnlyList<double> Training(Func<BenchmarkOptions, ClipModel> backbone, ScalarType type, BenchmarkOptions options)
    {
        using var clip = backbone(options);
        using var classifier = RandomModels.Classifier(clip, Train.Labels, type);
        return Train.Steps(classifier, options, options.Runs);
    }

    private static IReadOnlyList<double> Denoising(ScalarType type, BenchmarkOptions options)
    {
        using var inference = inference_mode();
        using var run = RunCache.Open();
        using var unet = RandomModels.Unet(RandomModels.MiddleUnet(options), options, type);
        var config = unet.Config;
        using var sample = randn([options.Batch, config.InChannels, config.SampleSize, config.SampleSize], device: options.Device).to(type);
        using var context = randn([options.Batch, 77, config.CrossAttentionDim], device: options.Device).to(type);
        using var time = tensor(new[] { 500f }, device: options.Device);
        return Measurement.Time(() => DeviceClock.Run(options, () => unet.forward(sample, time, context)), options.Runs);
    }

    private static IReadOnlyList<double> Generating(ScalarType type, BenchmarkOptions options)
    {
        using var pipeline = StableDiffusionPipeline.FromPretrained(ZeroShotModels.Micro.Diffusion, options.Device, type);
        var prompts = Enumerable.Repeat("a photo of a cat next to a dog", options.Batch).ToList();
        GenerationOptions generation = new() { Steps = options.Smoke ? 1 : 20, GuidanceScale = 2.5, BatchSize = options.Batch };
        return Measurement.Time(() => DeviceClock.Run(options, () => pipeline.GenerateAsync(prompts, options: generation).GetAwaiter().GetResult()), options.Runs);
    }

    private static IReadOnlyList<double> Transforming(ScalarType type, BenchmarkOptions options)
    {
        var ml = new MLContext();
        var micro = ZeroShotModels.Micro;
        using var clip = ClipModel.FromPretrained(micro.Clip, options.Device);
        using var model = RandomModels.Transformer(clip, micro.Seen.Count, type, options, contextTokens: 4);
        var pictures = ml.Data.TakeRows(ml.Data.LoadFromCoco(micro.Test.Annotations, micro.Test.Images, new() { Labels = micro.Seen }), options.Smoke ? options.Batch : MicroPictures);
        var count = 1.0;
        return [.. Measurement.Time(() => count = SamplePhotos.ReadScores(model.Transform(pictures)), options.Runs).Select(s => s / count * options.Batch)];
    }

    private static IReadOnlyList<double> Tagging(Func<BenchmarkOptions, ClipModel> backbone, int contextTokens, ScalarType type, BenchmarkOptions options)
    {
        using var folder = new ScratchFolder();
        SamplePhotos.Write(folder.Path, options.Smoke ? options.Batch : Photos);
        using var clip = backbone(options);
        using var model = RandomModels.Transformer(clip, Train.Labels, type, options, contextTokens);
        var photos = new MLContext().Data.LoadImagesFromFolder(folder.Path);
        var count = 1.0;
        return [.. Measurement.Time(() => count = SamplePhotos.ReadScores(model.Transform(photos)), options.Runs).Select(s => s / count * options.Batch)];
    }

    private static IReadOnlyList<double> Filtering(string what, ScalarType type, BenchmarkOptions options)
    {
        using var clip = RandomModels.Judge(options, type);
        using var judge = new ClipDiscriminator(clip, RandomModels.LabelNames(17));
        using var images = RandomModels.Pixels(options.Batch, clip.Config.Vision.ImageSize);
        return Measurement.Time(() => DeviceClock.Run(options, () =>
        {
            if (what == "filter1")
            {
                Filter.OneByOne(judge, images);
            }
            else
            {
                Filter.Batched(judge, images);
            }
        }), options.Runs);
    }
}
