using ZsMlc.Benchmarks.Harness;
using ZsMlc.Torch.Classification;
using static TorchSharp.torch;

namespace ZsMlc.Benchmarks;

/// <summary>One training step of the classifier, by the library's trainer.</summary>
internal sealed class Train : IBenchmark
{
    public const int Labels = 48;

    public string Name => "train";

    public string Description => $"Images/s of a training step of the fusion classifier, RN50 and ViT-B/16: {Labels} labels, 64 + 64 context tokens, gradients, check for finite numbers, and update.";

    public IReadOnlyList<Measurement> Run(BenchmarkOptions options)
    {
        using var clip = RandomModels.ResNet(options);
        List<Measurement> rows = [];
        foreach (var (type, name) in DeviceClock.Precisions)
        {
            using var classifier = RandomModels.Classifier(clip, Labels, type);
            rows.Add(Rate($"step, {name}", classifier, augment: false));
            rows.Add(Roofline.Share(rows[^1].Name, rows[^1].Median / options.Batch * Work.Training(classifier, options.Batch, RandomModels.LabelTokens), type, options));
            if (type == ScalarType.BFloat16)
            {
                rows.Add(Rate($"step with RandAugment and cutout, {name}", classifier, augment: true));
            }
        }

        using var vit = RandomModels.ViT(options);
        foreach (var (type, name) in DeviceClock.Precisions)
        {
            using var classifier = RandomModels.Classifier(vit, Labels, type);
            rows.Add(Rate($"step, ViT-B/16, {name}", classifier, augment: false));
            rows.Add(Roofline.Share(rows[^1].Name, rows[^1].Median / options.Batch * Work.Training(classifier, options.Batch, RandomModels.LabelTokens), type, options));
        }

        return rows;

        Measurement Rate(string name, FusionClassifier classifier, bool augment) =>
            Measurement.Of(name, "images/s", Steps(classifier, options, options.Runs, augment).Select(s => options.Batch / s));
    }

    /// <summary>Seconds of each of <paramref name="steps"/> steps behind a first one that is not counted.</summary>
    public static IReadOnlyList<double> Steps(FusionClassifier classifier, BenchmarkOptions options, int steps, bool augment = false)
    {
        using var scope = NewDisposeScope();

        // The last step of an epoch also keeps the best weights, so it is left out.
        var count = options.Batch * (steps + 2);
        var targets = (rand(count, classifier.Labels.Count) < 0.06).to(ScalarType.Float32);
        using var rows = new InMemoryTrainingRows(RandomModels.Pixels(count, classifier.Vision.ImageSize), targets, new bool[count]);
        var ends = new Ends();
        FusionClassifierTrainer.Fit(classifier, new() { Epochs = 1, BatchSize = options.Batch, Cutout = augment, RandAugment = augment }, rows, progress: ends);
        return [.. ends.Seconds.Zip(ends.Seconds.Skip(1), (from, to) => to - from).Take(steps)];
    }

    private sealed class Ends : IProgress<TrainingProgress>
    {
        public List<double> Seconds { get; } = [];

        public void Report(TrainingProgress value) => Seconds.Add(Clock.Seconds);
    }
}
