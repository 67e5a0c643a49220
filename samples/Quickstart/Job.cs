using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using ZsMlc.MicroModels;
using ZsMlc.MLNet;
using ZsMlc.MLNet.Classification;
using ZsMlc.MLNet.Images;
using ZsMlc.MLNet.SyntheticData;
using ZsMlc.Samples.Reporting.Comparison;

namespace ZsMlc.Samples.Quickstart;

/// <summary>The job itself, from photos to a saved model that tags: this is the code to copy.</summary>
internal static class Job
{
    /// <summary>The judge's least probability that a picture shows what it should.</summary>
    public const float Threshold = 0.5f;

    public static JobResult Run(QuickstartOptions options, StepDisplay steps, CancellationToken cancellationToken)
    {
        // ZeroShotModels.Micro stands for real checkpoints and photos: any paths to such files do in its place.
        var micro = ZeroShotModels.Micro;
        var ml = new MLContext(options.Seed) { GpuDeviceId = options.Gpu, FallbackToCpu = false };
        ml.Log += steps.Note;

        // The task: photos for the seen labels, nothing but names for the unseen ones.
        steps.Begin("Load photos");
        var labels = options.LabelSet();
        var photos = ml.Data.TakeRows(ml.Data.LoadFromCoco(micro.Train.Annotations, micro.Train.Images,
            new() { Labels = labels.Seen, Without = labels.Unseen, SkipUnlabelled = true }), options.Photos);
        var test = ml.Data.TakeRows(ml.Data.LoadFromCoco(micro.Test.Annotations, micro.Test.Images,
            new() { Labels = labels.All, SkipUnlabelled = true }), options.Photos);

        // Step one generates pictures of the unseen labels, and the judge drops those that do not show them.
        var generator = ml.Transforms.SyntheticUnseenData(new SyntheticUnseenDataOptions
        {
            Labels = labels,
            Diffusion = micro.Diffusion,
            Prompts = options.Prompts,
            ImagesPerLabel = options.ImagesPerLabel,
            LabelsPerImage = Math.Min(2, labels.Unseen.Count - 1), // the judge compares with at least one other label
            NegativePrompt = "", // the default is about anatomy and watermarks, words that the micro models do not know
            Sampling = new() { Steps = 20, GuidanceScale = 3, GuidanceEnd = 0.7, BatchSize = 16 },
            AcceptanceFilter = new() { Clip = micro.Clip, Threshold = Threshold },
            KeepRejected = true, // for the report
            StorePath = options.Store,
            Progress = steps.Generation,
            CancellationToken = cancellationToken,
        });

        // Step two trains on the photos and the pictures together. The rates and the gradient limit suit the micro models.
        FusionMultiLabelOptions Training(string name) => new()
        {
            Labels = labels,
            Clip = options.Clip ?? micro.Clip,
            Network = new() { ContextTokens = 8, InputSize = options.Clip is null ? 96 : null }, // the micro CLIP's own 64 pixels have four positions for up to five objects
            ValidationFraction = 0.1, // photos that choose the best epoch, and tell what a score of 0.8 is worth and where a tag begins
            Training = new() { Epochs = options.Epochs, WarmupEpochs = 0, LearningRate = 3e-3, FusionLearningRate = 3, MaxGradientNorm = 2, SyntheticWeight = 3, Cutout = false, RandAugment = false },
            Progress = steps.Training(name),
            CancellationToken = cancellationToken,
        };

        var pipeline = generator.Append(ml.MultiLabelClassification.Trainers.FusionMultiLabel(Training("Train on photos and pictures")));
        using var model = pipeline.Fit(photos);

        // One file holds all that tagging needs.
        steps.Begin("Save the model");
        ml.MultiLabelClassification.Save(model, photos.Schema, options.Tagger);

        // How good is it? Ranked among the unseen labels alone, and among all labels; beside it, what it has to beat.
        steps.Begin("Evaluate");
        var full = MeasuredMethod.Of(ml, "Full method", "photos and accepted generated pictures", model.Transform(test), labels);
        var clip = MeasuredMethod.Of(ml, "Zero-shot CLIP", "no training, the labels' names alone", ZeroShotClip.Score(ml, test, labels, options.Clip ?? micro.Clip), labels);

        using var photosOnly = ml.MultiLabelClassification.Trainers.FusionMultiLabel(Training("Train on photos alone, to compare")).Fit(photos);
        steps.Begin("Evaluate the comparison");
        var seenOnly = MeasuredMethod.Of(ml, "Photos alone", "the same classifier, no pictures of the unseen labels", photosOnly.Transform(test), labels);

        // Any program that has the package loads the file and tags; no registration is needed. A damaged file is refused.
        steps.Begin("Load the model and tag");
        var fresh = new MLContext { GpuDeviceId = options.Gpu, FallbackToCpu = false };
        using var tagger = fresh.MultiLabelClassification.Load(options.Tagger);
        using var engine = fresh.Model.CreatePredictionEngine<Photo, Tags>(tagger);
        var tagged = full.Photos.Where(p => p.Labels.Any(labels.IsUnseen)).Take(12).Select(photo =>
        {
            using var image = ImageReader.Read(photo.ImagePath);
            var tags = engine.Predict(new Photo { Image = image });
            return new ScoredPhoto { ImagePath = photo.ImagePath, Labels = photo.Labels, Score = tags.Score };
        }).ToList();

        steps.End();
        var generated = model.OfType<SyntheticUnseenDataTransformer>().Single();
        return new(labels, [full, seenOnly, clip], generated.Samples(), model.LastTransformer.Training!, photosOnly.Training!, tagged, steps.Finished);
    }

    /// <summary>A photo to tag. The size in the attribute is a formality: photos of any size do.</summary>
    private sealed class Photo
    {
        [ImageType(1, 1)]
        public MLImage Image { get; set; } = null!;
    }

    /// <summary>The answer: a probability for every label, and the labels over their thresholds.</summary>
    private sealed class Tags
    {
        public float[] Score { get; set; } = [];

        public string[] PredictedLabels { get; set; } = [];
    }
}
