using Microsoft.ML;
using Microsoft.ML.Data;
using ZsMlc.Benchmarks;
using ZsMlc.DeviceCheck.Harness;
using ZsMlc.MLNet;
using ZsMlc.MLNet.Classification;
using ZsMlc.MLNet.SyntheticData;

namespace ZsMlc.DeviceCheck.Steps;

/// <summary>The main job on the micro models through ML.NET: generate, filter, train, save, and load again on the CPU, which must score alike.</summary>
internal sealed class MicroChain : ICheckStep
{
    /// <summary>Half-precision storage and another device between the two scores.</summary>
    private const double ScoreLimit = 5e-3;

    private static readonly string[] s_first = ["bicycle", "train", "boat", "clock"], s_second = ["bus", "dog", "cup", "umbrella"];

    public string Number => "8";

    public string Title => "micro chain";

    public IEnumerable<Finding> Run(CheckOptions options)
    {
        if (options.Micro is not { } micro)
        {
            yield return Finding.Of("micro models", "not given (--micro), left out");
            yield break;
        }

        using var folder = new ScratchFolder();
        var ml = new MLContext(7) { GpuDeviceId = options.Gpu, FallbackToCpu = false };

        // Pictures of the first labels stand in for photos: a store is a COCO folder.
        var photoStore = Path.Combine(folder.Path, "photos");
        using var photographer = Generator(ml, micro, LabelSet.Create(s_second, s_first), photoStore, options).Fit(SomePhoto(ml, folder));
        yield return Made("pictures of the first labels", photographer.Statistics);
        var labels = LabelSet.Create(s_first, s_second);
        var photos = ml.Data.LoadFromCoco(Path.Combine(photoStore, "annotations.json"), Path.Combine(photoStore, "images"), new() { Labels = s_first, SkipUnlabelled = true });

        var chain = Generator(ml, micro, labels, Path.Combine(folder.Path, "store"), options).Append(ml.MultiLabelClassification.Trainers.FusionMultiLabel(new FusionMultiLabelOptions
        {
            Labels = labels, Clip = Path.Combine(micro, "clip"), Network = new() { ContextTokens = 8 },
            Training = new() { Epochs = 3, WarmupEpochs = 0, LearningRate = 3e-3, FusionLearningRate = 3, MaxGradientNorm = 2, Cutout = false, RandAugment = false },
        }));
        using var model = chain.Fit(photos);
        yield return Made("pictures of the second labels", model.OfType<SyntheticUnseenDataTransformer>().Single().Statistics);
        var losses = model.LastTransformer.Training!.EpochLosses;
        yield return new("loss of the last epoch as a share of the first", losses[^1] / losses[0], "", 1);

        var file = Path.Combine(folder.Path, "tagger.zip");
        ml.Model.Save(model, photos.Schema, file);
        var here = Scores(model.Transform(photos));
        var cpu = new MLContext { GpuDeviceId = null };
        var loaded = cpu.Model.Load(file, out _);
        var there = Scores(loaded.Transform(photos));
        (loaded as IDisposable)?.Dispose();
        var difference = here.Zip(there, (a, b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Max()).Max();
        yield return new($"scores of {here.Count} pictures, here against the CPU", difference, "largest difference", ScoreLimit);
    }

    private static SyntheticUnseenDataEstimator Generator(MLContext ml, string micro, LabelSet labels, string store, CheckOptions options) => ml.Transforms.SyntheticUnseenData(new SyntheticUnseenDataOptions
    {
        Labels = labels, Diffusion = Path.Combine(micro, "diffusion"), StorePath = store, NegativePrompt = "",
        ImagesPerLabel = options.Smoke ? 2 : 12, LabelsPerImage = 1,
        Sampling = new() { Steps = options.Smoke ? 4 : 20, GuidanceScale = 3, GuidanceEnd = 0.7, BatchSize = 16 },
        AcceptanceFilter = options.Smoke ? null : new() { Clip = Path.Combine(micro, "clip"), MaxAttempts = 4 },
    });

    private static Finding Made(string name, SyntheticDataStatistics statistics) =>
        new(name, statistics.Accepted, "accepted", Note: $"of {statistics.Generated} generated", Failed: statistics.Accepted == 0);

    private static List<float[]> Scores(IDataView view) => [.. view.GetColumn<VBuffer<float>>("Score").Select(v => v.DenseValues().ToArray())];

    /// <summary>A generator's input needs images and labels, whatever they are.</summary>
    private static IDataView SomePhoto(MLContext ml, ScratchFolder folder)
    {
        var path = Path.Combine(folder.Path, "any");
        SamplePhotos.Write(path, 1);
        var annotations = Path.Combine(path, "annotations.json");
        File.WriteAllText(annotations, """
            {"images": [{"id": 1, "file_name": "000.jpg"}], "annotations": [{"id": 1, "image_id": 1, "category_id": 1}], "categories": [{"id": 1, "name": "bus"}]}
            """);
        return ml.Data.LoadFromCoco(annotations, path);
    }
}
