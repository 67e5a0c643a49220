using ZsMlc.Benchmarks.Harness;
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
            rows.Add(Rate(options, $"one by one, {name}", () => OneByOne(judge, images)));
        }

        return rows;
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
