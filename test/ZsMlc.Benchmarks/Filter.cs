using ZsMlc.Benchmarks.Harness;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Filtering;
using static TorchSharp.torch;

namespace ZsMlc.Benchmarks;

/// <summary>The judge of synthetic images: in batches, and one image at a time as the published filter does it.</summary>
internal sealed class Filter : IBenchmark
{
    private const int Candidates = 17;

    public string Name => "filter";

    public string Description => $"Images/s of the ViT-B/32 judge, 224², {Candidates} candidate labels.";

    public IReadOnlyList<Measurement> Run(BenchmarkOptions options)
    {
        using var scope = NewDisposeScope();
        List<Measurement> rows = [];
        foreach (var (type, name) in DeviceClock.Precisions)
        {
            using var clip = RandomModels.Judge(options, type);
            using var judge = new ClipDiscriminator(clip, RandomModels.LabelNames(Candidates));
            var images = RandomModels.Pixels(options.Batch, clip.Config.Vision.ImageSize);
            rows.Add(Rate(options, $"batch of {options.Batch}, {name}", () => Batched(judge, images)));
            rows.Add(Roofline.Share(rows[^1].Name, rows[^1].Median * Work.Judging(clip.Config.Vision, (VisionTransformer)clip.Visual), type, options));
            rows.AddRange(Preprocessing(options, clip, images, rows[^2].Median, name));
            rows.Add(Rate(options, $"one by one, {name}", () => OneByOne(judge, images)));
        }

        return rows;
    }

    /// <summary>From decoded pictures of the sizes of photos and of generated images to what the network takes.</summary>
    private static IEnumerable<Measurement> Preprocessing(BenchmarkOptions options, ClipModel clip, Tensor images, double rate, string name)
    {
        using var photos = randint(0, 256, [options.Batch, 3, SamplePhotos.Height, SamplePhotos.Width], ScalarType.Byte);
        foreach (var (what, pictures) in new[] { ("of the network's size", images), ("of 640×480", photos) })
        {
            var seconds = Measurement.Time(() => DeviceClock.Run(options, () => clip.Preprocessor.Preprocess(pictures).to(clip.ImageType)), options.Runs);
            var milliseconds = Measurement.Of($"preprocessing alone, pictures {what}, {name}", "ms/image", seconds.Select(s => 1000 * s / options.Batch));
            yield return milliseconds with { Note = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{milliseconds.Median * rate / 10:0.0} % of a judged image's time") };
        }
    }

    /// <summary>Scores of all images at once.</summary>
    public static void Batched(ClipDiscriminator judge, Tensor images)
    {
        using var inference = inference_mode();
        judge.Scores(images).Dispose();
    }

    /// <summary>Scores of the images one after the other.</summary>
    public static void OneByOne(ClipDiscriminator judge, Tensor images)
    {
        using var inference = inference_mode();
        for (var i = 0L; i < images.shape[0]; i++)
        {
            using var image = images.narrow(0, i, 1);
            judge.Scores(image).Dispose();
        }
    }

    private static Measurement Rate(BenchmarkOptions options, string name, Action work) =>
        Measurement.Rate(name, "images/s", options.Batch, () => DeviceClock.Run(options, work), options.Runs);
}
