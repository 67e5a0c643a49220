using Microsoft.ML;
using ZsMlc.Benchmarks.Harness;
using ZsMlc.MicroModels;
using ZsMlc.MLNet;
using ZsMlc.MLNet.Classification;
using ZsMlc.MLNet.SyntheticData;

namespace ZsMlc.Benchmarks.AcceptedImages;

/// <summary>What the accepted images are worth: how well a classifier that is trained on them ranks the unseen labels of real pictures.</summary>
internal sealed class Downstream(BenchmarkOptions options, int seed)
{
    private const int ImagesPerLabel = 60, Epochs = 8;

    /// <summary>A figure for each recipe, every one with the same number of accepted images and the same photos.</summary>
    public IEnumerable<Measurement> Run(IEnumerable<Recipe> recipes)
    {
        var micro = ZeroShotModels.Micro;
        var ml = new MLContext(seed);
        var labels = LabelSet.Create(micro.Seen, micro.Unseen);
        var photos = ml.Data.LoadFromCoco(micro.Train.Annotations, micro.Train.Images, new() { Labels = labels.Seen, Without = labels.Unseen, SkipUnlabelled = true });
        var test = ml.Data.LoadFromCoco(micro.Test.Annotations, micro.Test.Images, new() { Labels = labels.All });
        foreach (var recipe in recipes)
        {
            using var folder = new ScratchFolder();
            var chain = ml.Transforms.SyntheticUnseenData(new SyntheticUnseenDataOptions
            {
                Labels = labels,
                Diffusion = micro.Diffusion,
                ImagesPerLabel = options.Smoke ? 1 : ImagesPerLabel,
                NegativePrompt = "",
                Sampling = recipe.Sampling with { BatchSize = 16 },
                AcceptanceFilter = new() { Clip = micro.Clip },
                StorePath = folder["store"],
                Seed = seed,
            }).Append(ml.MultiLabelClassification.Trainers.FusionMultiLabel(new FusionMultiLabelOptions
            {
                Labels = labels,
                Clip = micro.Clip,
                Network = new() { ContextTokens = 8 },
                Training = new() { Epochs = options.Smoke ? 1 : Epochs, WarmupEpochs = 0, LearningRate = 3e-3, FusionLearningRate = 3, MaxGradientNorm = 2, SyntheticWeight = 3, Cutout = false, RandAugment = false },
            }));
            using var model = chain.Fit(photos);
            var metrics = ml.MultiLabelClassification.Evaluate(model.Transform(test), labels.Unseen);
            yield return Measurement.Single($"{recipe.Name}: mAP, seed {seed}", "", 100 * metrics.MeanAveragePrecision);
        }
    }
}
