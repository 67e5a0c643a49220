using ZsMlc.Benchmarks.Harness;
using static TorchSharp.torch;

namespace ZsMlc.Benchmarks;

/// <summary>What the ML.NET side costs beside the network.</summary>
internal sealed class PipelineOverhead : IBenchmark
{
    public string Name => "pipeline";

    public string Description => $"Decoded photo (640×480) to tags through IDataView, against the network alone on pixels that are ready; RN50, {Classify.Labels} labels. The two run alternately.";

    public IReadOnlyList<Measurement> Run(BenchmarkOptions options)
    {
        using var scope = NewDisposeScope();
        using var clip = RandomModels.ResNet(options);
        var photos = Enumerable.Range(0, options.Batch).Select(i => SamplePhotos.Create(i)).ToList();
        List<Measurement> rows = [];
        foreach (var (type, name) in DeviceClock.Precisions)
        {
            using var model = RandomModels.Transformer(clip, Classify.Labels, type, options);
            using var classifier = RandomModels.Classifier(clip, Classify.Labels, type);
            var pixels = RandomModels.Pixels(options.Batch, classifier.Vision.ImageSize);
            var view = SamplePhotos.Decoded(photos);
            var seconds = Measurement.TimeInTurn(
                2 * options.Runs,
                () => DeviceClock.Run(options, () => classifier.Score(pixels)),
                () => DeviceClock.Run(options, () => SamplePhotos.ReadScores(model.Transform(view))));
            rows.Add(Measurement.Of($"network alone, {name}", "ms/image", seconds[0].Select(s => 1000 * s / options.Batch)));
            rows.Add(Measurement.Of($"Transform, {name}", "ms/image", seconds[1].Select(s => 1000 * s / options.Batch)));
            rows.Add(Measurement.Single($"overhead of Transform, {name}", "%", 100 * (rows[^1].Median / rows[^2].Median - 1), "ratio of medians"));
        }

        photos.ForEach(p => p.Dispose());
        return rows;
    }
}
