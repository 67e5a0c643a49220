using Microsoft.ML;
using ZsMlc.Benchmarks.Harness;
using ZsMlc.MicroModels;
using ZsMlc.MLNet;
using ZsMlc.MLNet.Classification;
using ZsMlc.MLNet.SyntheticData;

namespace ZsMlc.Benchmarks.AcceptedImages;

/// <summary>What accepted images are worth: how well classifiers that are trained on them, by the recipe of MicroWorld's ablation, rank the unseen labels of real pictures.</summary>
/// <param name="options">Seeds of the trainings.</param>
/// <param name="kept">Keeps the stores and the figures.</param>
internal sealed class Downstream(BenchmarkOptions options, Kept kept)
{
    // About 480 images, half of them of one label and half of two.
    private const int ImagesPerLabel = 90, Epochs = 8;

    /// <summary>A figure for each source, every one with the same label sets and the same photos; the seeds share the source's images.</summary>
    public IReadOnlyList<Measurement> Run(IReadOnlyList<Source> sources)
    {
        if (options.Seeds == 0)
        {
            return [];
        }

        var trained = sources.Select(_ => new List<Trained>()).ToList();
        for (var seed = 1; seed <= options.Seeds; seed++)
        {
            for (var i = 0; i < sources.Count; i++)
            {
                trained[i].Add(kept.Get(new { sources[i].Identity, seed }, () => Train(sources[i], seed)));
                Console.Error.WriteLine(FormattableString.Invariant($"{sources[i].Name}, seed {seed}: mAP {trained[i][^1].Map:0.0}"));
            }
        }

        using var pipeline = Torch.Diffusion.StableDiffusionPipeline.FromPretrained(ZeroShotModels.Micro.Diffusion);
        var price = new Price(pipeline);
        return [.. sources.Zip(trained, (source, runs) => Row(source, runs, price))];
    }

    private static Measurement Row(Source source, IReadOnlyList<Trained> runs, Price price)
    {
        var (maps, made) = (runs.Select(r => r.Map).ToList(), runs[0]);
        var deviation = Math.Sqrt(maps.Sum(m => Math.Pow(m - maps.Average(), 2)) / Math.Max(1, maps.Count - 1));
        var calls = (made.Abandoned * price.Of(source.Sampling, source.PreviewStep)) + ((made.Generated - made.Abandoned) * price.Of(source.Sampling, source.Sampling.Steps));
        return Measurement.Of($"{source.Name}: mAP", "%", maps, FormattableString.Invariant(
            $"{maps.Average():0.0} ± {deviation:0.0}; {made.Accepted} images accepted of {made.Generated}, {calls / Math.Max(1, made.Accepted):0.0} calls each"));
    }

    private Trained Train(Source source, int seed)
    {
        var micro = ZeroShotModels.Micro;
        var ml = new MLContext(seed);
        var labels = LabelSet.Create(micro.Seen, micro.Unseen);
        var photos = ml.Data.LoadFromCoco(micro.Train.Annotations, micro.Train.Images, new() { Labels = labels.Seen, Without = labels.Unseen, SkipUnlabelled = true });
        var test = ml.Data.LoadFromCoco(micro.Test.Annotations, micro.Test.Images, new() { Labels = labels.All });
        if (options.Smoke)
        {
            (photos, test) = (ml.Data.TakeRows(photos, 8), ml.Data.TakeRows(test, 40));
        }

        var chain = ml.Transforms.SyntheticUnseenData(new SyntheticUnseenDataOptions
        {
            Labels = labels,
            Diffusion = micro.Diffusion,
            Prompts = new Wishes(),
            ImagesPerLabel = options.Smoke ? 1 : ImagesPerLabel,
            NegativePrompt = "",
            Sampling = source.Sampling with { BatchSize = 16 },
            AcceptanceFilter = new() { Clip = micro.Clip, PreviewStep = source.PreviewStep, PreviewThreshold = source.Threshold },
            TextEncoder = source.Encoder,
            StorePath = kept.PathOf("store", source.Identity),
            Seed = 1,
        }).Append(ml.MultiLabelClassification.Trainers.FusionMultiLabel(new FusionMultiLabelOptions
        {
            Labels = labels,
            Clip = micro.Clip,
            Network = new() { ContextTokens = 8 },
            Training = new() { Epochs = options.Smoke ? 1 : Epochs, WarmupEpochs = 0, LearningRate = 3e-3, FusionLearningRate = 3, MaxGradientNorm = 2, SyntheticWeight = 3, Cutout = false, RandAugment = false },
        }));
        using var model = chain.Fit(photos);
        var metrics = ml.MultiLabelClassification.Evaluate(model.Transform(test), labels.Unseen);
        var made = model.OfType<SyntheticUnseenDataTransformer>().Single().Statistics;
        return new(100 * metrics.MeanAveragePrecision, made.Generated, made.Abandoned, made.Accepted);
    }

    /// <summary>What came of a training.</summary>
    /// <param name="Map">Mean average precision of the unseen labels, in percent.</param>
    /// <param name="Generated">Images that were begun, all in all.</param>
    /// <param name="Abandoned">Images that were given up at their previews.</param>
    /// <param name="Accepted">Images that the classifier was trained on.</param>
    internal sealed record Trained(double Map, int Generated, int Abandoned, int Accepted);
}
