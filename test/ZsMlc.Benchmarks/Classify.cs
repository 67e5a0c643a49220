using Microsoft.ML;
using TorchSharp;
using ZsMlc.Benchmarks.Harness;
using ZsMlc.MLNet;
using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Clip;
using static TorchSharp.torch;

namespace ZsMlc.Benchmarks;

/// <summary>Scoring: the network alone, through an <see cref="IDataView"/>, and as a naive port would do it.</summary>
internal sealed class Classify : IBenchmark
{
    public const int Labels = 65;

    public string Name => "classify";

    public string Description => $"Images/s of the fusion classifier, RN50 and ViT-B/16, 224², {Labels} labels, 64 + 64 context tokens.";

    public IReadOnlyList<Measurement> Run(BenchmarkOptions options)
    {
        using var scope = NewDisposeScope();
        using var clip = RandomModels.ResNet(options);
        using var folder = new ScratchFolder();

        // A GPU has its batch before the next one is read, so one batch would tell how long reading takes and nothing else.
        var photos = options.Batch * (options.Device.type == DeviceType.CUDA ? 8 : 1);
        SamplePhotos.Write(folder.Path, photos);
        var ml = new MLContext();
        List<Measurement> rows = [];
        foreach (var (type, name) in DeviceClock.Precisions)
        {
            using var model = RandomModels.Transformer(clip, Labels, type, options);
            using var classifier = RandomModels.Classifier(clip, Labels, type);
            var pixels = RandomModels.Pixels(options.Batch, classifier.Vision.ImageSize);
            rows.Add(Rate(options, $"network, {name}", () => classifier.Score(pixels)));
            rows.Add(Roofline.Share(rows[^1].Name, rows[^1].Median * Work.Scoring(classifier), type, options));

            var files = ml.Data.LoadImagesFromFolder(folder.Path);
            rows.Add(Measurement.Rate($"Transform from JPEG files, {name}", "images/s", photos, () => DeviceClock.Run(options, () => SamplePhotos.ReadScores(model.Transform(files))), options.Runs));
        }

        using var vit = RandomModels.ViT(options);
        foreach (var (type, name) in DeviceClock.Precisions)
        {
            using var classifier = RandomModels.Classifier(vit, Labels, type);
            var pixels = RandomModels.Pixels(options.Batch, classifier.Vision.ImageSize);
            rows.Add(Rate(options, $"network, ViT-B/16, {name}", () => classifier.Score(pixels)));
            rows.Add(Roofline.Share(rows[^1].Name, rows[^1].Median * Work.Scoring(classifier), type, options));
        }

        using var plain = RandomModels.Classifier(clip, Labels);
        foreach (var (type, name) in DeviceClock.Precisions)
        {
            // Everything by whole prompts and whole convolutions, every batch: what a port of the published code does.
            plain.to(type);
            var images = randn([options.Batch, 3, plain.Vision.ImageSize, plain.Vision.ImageSize], device: options.Device).to(type);
            rows.Add(Rate(options, $"naive: text encoded again each batch, plain NCHW, {name}", () => Naive(plain, images)));
        }

        return rows;
    }

    private static void Naive(FusionClassifier classifier, Tensor images)
    {
        using var noGrad = no_grad();
        var texts = cat([.. new[] { false, true }.Select(Encode)], 0);
        RegionAggregation.PairLogits(classifier.image_encoder.EncodeDense(images), nn.functional.normalize(texts, dim: -1));

        Tensor Encode(bool positive)
        {
            var (embedded, end) = classifier.prompt_learner!.Prompts(positive);
            return classifier.text_encoder!.EncodeEmbedded(embedded.to(images.dtype), end);
        }
    }

    private static Measurement Rate(BenchmarkOptions options, string name, Action work) =>
        Measurement.Rate(name, "images/s", options.Batch, () => DeviceClock.Run(options, work), options.Runs);
}
