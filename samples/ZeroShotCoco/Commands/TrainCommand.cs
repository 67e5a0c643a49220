using System.CommandLine;
using Microsoft.ML;
using ZsMlc.MLNet;
using ZsMlc.MLNet.Classification;
using ZsMlc.Torch.Classification;

namespace ZsMlc.Samples.ZeroShotCoco.Commands;

/// <summary>Trains the tagger on photos and generated pictures, or on photos alone to compare with.</summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        var work = SharedOptions.Work();
        var images = SharedOptions.Images("training");
        var clip = SharedOptions.Clip();
        var download = new DownloadOption();
        var preset = SharedOptions.Preset();
        var epochs = new Option<int?>("--epochs") { Description = "Default: what the preset says, 20 or 50." };
        var photosOnly = new Option<bool>("--photos-only") { Description = "Leave the generated pictures out: the method to compare with. `evaluate` shows both." };
        var gpu = SharedOptions.Gpu();
        var seed = SharedOptions.Seed();
        var command = new Command("train", "Train the tagger on the training photos and the generated pictures.") { work, images, clip, download, preset, epochs, photosOnly, gpu, seed };
        command.SetAction((result, cancellationToken) => Task.Run(async () =>
        {
            await download.FetchAsync(result, cancellationToken, result.GetValue(clip));
            return Run(
                new Workspace(result.GetValue(work)!.FullName), result.GetValue(images)!.FullName, SharedOptions.Resolve(result.GetValue(clip)!, m => m.Clip),
                result.GetValue(preset), result.GetValue(epochs), result.GetValue(photosOnly), result.GetValue(gpu), result.GetValue(seed), cancellationToken);
        }));
        return command;
    }

    private static int Run(Workspace work, string images, string clip, Preset preset, int? epochs, bool photosOnly, int? gpu, int seed, CancellationToken cancellationToken)
    {
        var ml = new MLContext(seed) { GpuDeviceId = gpu, FallbackToCpu = false };
        var labels = LabelSet.Load(work.Require(work.Labels, "split"));
        var photos = ml.Data.LoadFromCoco(work.TrainingAnnotations, images);
        var files = photosOnly ? work.PhotosOnly : work.Full;
        var progress = new ProgressLines(Console.Out);

        var recipe = Recipe.Of(preset).Training(labels, clip);
        var trainer = ml.MultiLabelClassification.Trainers.FusionMultiLabel(recipe with
        {
            Training = recipe.Training with { CheckpointPath = files.Checkpoint },
            Epochs = epochs ?? recipe.Epochs,
            Progress = progress,
            CancellationToken = cancellationToken,
        });

        FusionTrainingResult training;
        if (photosOnly)
        {
            using var model = trainer.Fit(photos);
            ml.MultiLabelClassification.Save(model, photos.Schema, files.Zip);
            training = model.Training!;
        }
        else
        {
            // The store is complete after `generate`; what is missing there is made now.
            var generation = JsonFile.Read<GenerationJob>(work.Require(work.Generation, "generate")).Options(work);
            var generator = ml.Transforms.SyntheticUnseenData(generation with { Progress = progress, CancellationToken = cancellationToken });
            using var model = generator.Append(trainer).Fit(photos);
            ml.MultiLabelClassification.Save(model, photos.Schema, files.Zip);
            training = model.LastTransformer.Training!;
        }

        JsonFile.Write(files.Log, training);
        File.Delete(files.Checkpoint);
        Console.WriteLine($"{files.Zip} written: {labels}, {training.EpochLosses.Count} epochs");
        return 0;
    }
}
