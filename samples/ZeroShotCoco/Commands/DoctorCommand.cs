using System.CommandLine;
using ZsMlc.Samples.ZeroShotCoco.Data;
using ZsMlc.Samples.ZeroShotCoco.Doctor;
using ZsMlc.Torch.Runtime;

namespace ZsMlc.Samples.ZeroShotCoco.Commands;

/// <summary>Checks device, checkpoints, photos and disk before hours are spent, and estimates those hours from timings made here.</summary>
internal static class DoctorCommand
{
    /// <summary>Pictures made for one that is accepted; what the published filter needs is about two.</summary>
    private const double Attempts = 2;

    /// <summary>A training step against scoring the same pictures: forward, backward through the frozen tower, and the texts.</summary>
    private const double TrainingCost = 4;

    public static Command Create()
    {
        var work = SharedOptions.Work();
        var train = new Option<DirectoryInfo?>("--train-images") { Description = "The folder of the training photos." };
        var test = new Option<DirectoryInfo?>("--test-images") { Description = "The folder of the test photos." };
        var diffusion = Path("--diffusion", "The Stable Diffusion folder, its name on the Hugging Face hub, or 'micro'.");
        var clip = Path("--clip", "The classifier's CLIP, its name on the Hugging Face hub, or 'micro'.");
        var judge = Path("--judge", "The judge's CLIP, its name on the Hugging Face hub, or 'micro'.");
        var download = new Option<bool>("--download") { Description = "Ask the hub what the other commands would fetch with --download, with sizes; doctor itself fetches nothing." };
        var preset = SharedOptions.Preset();
        var gpu = SharedOptions.Gpu();
        var command = new Command("doctor", "Check device, checkpoints, data and disk, and estimate the time of the job.") { work, train, test, diffusion, clip, judge, download, preset, gpu };
        command.SetAction(result => Run(
            new Workspace(result.GetValue(work)!.FullName), Recipe.Of(result.GetValue(preset)), result.GetValue(gpu),
            result.GetValue(train)?.FullName, result.GetValue(test)?.FullName, result.GetValue(diffusion), result.GetValue(clip), result.GetValue(judge), result.GetValue(download)));
        return command;
    }

    private static Option<string?> Path(string name, string description) => new(name) { Description = description };

    private static int Run(Workspace work, Recipe recipe, int? gpu, string? train, string? test, string? diffusion, string? clip, string? judge, bool download)
    {
        var checkup = new Checkup(Console.Out);
        var device = TorchDevice.Select(null);
        checkup.Run("device", () =>
        {
            device = TorchDevice.Select(gpu, fallbackToCpu: false);
            return DeviceInfo.Of(device).ToString();
        });

        var (side, perPicture, perJudged, perTagged) = (512, double.NaN, double.NaN, double.NaN);
        CheckModel(checkup, "diffusion", diffusion, download, path =>
        {
            (var found, side, perPicture) = ModelCheck.Diffusion(SharedOptions.Resolve(path, m => m.Diffusion), device, recipe.Steps, recipe.Guidance);
            return found;
        });
        CheckModel(checkup, "judge", judge, download, path =>
        {
            (var found, perJudged) = ModelCheck.Clip(SharedOptions.Resolve(path, m => m.Clip), device);
            return found;
        });
        CheckModel(checkup, "clip", clip, download, path =>
        {
            (var found, perTagged) = ModelCheck.Clip(SharedOptions.Resolve(path, m => m.Clip), device);
            return found;
        });
        Check(checkup, "train photos", train, path => DataCheck.Photos(work.Require(work.TrainingAnnotations, "split"), path));
        Check(checkup, "test photos", test, path => DataCheck.Photos(work.Require(work.TestAnnotations, "split"), path));

        if (!File.Exists(work.Labels))
        {
            checkup.Skip("disk, time", "estimated once `split` has run");
            return checkup.Failed == 0 ? 0 : 1;
        }

        var unseen = LabelFile.Read(work.Labels).Unseen;
        var samples = (int)(unseen.Count * recipe.ImagesPerLabel / 1.5); // one or two labels a picture
        checkup.Run("disk", () => DataCheck.Disk(work.Root, (long)(samples * (long)side * side * 3 * 0.6)));
        Estimate(checkup, "generate", samples * Attempts * (perPicture + (double.IsNaN(perJudged) ? 0 : perJudged)), $"{samples} pictures at {Attempts:0} attempts each; divide by the number of shards");
        var photos = samples + (File.Exists(work.TrainingAnnotations) ? CocoFile.Read(work.TrainingAnnotations).Images.Count : 0);
        Estimate(checkup, "train", (double)photos * recipe.Epochs * perTagged * TrainingCost, $"{recipe.Epochs} epochs of {photos} pictures");
        return checkup.Failed == 0 ? 0 : 1;
    }

    private static void CheckModel(Checkup checkup, string name, string? path, bool download, Func<string, string> check)
    {
        if (path is null || !SharedOptions.IsHubName(path))
        {
            Check(checkup, name, path, check);
            return;
        }

        checkup.Run($"{name} files", () => download ? HubCheck.Planned(path) : HubCheck.Cached(path));
        if (HubCheck.IsCached(path))
        {
            checkup.Run(name, () => check(path));
        }
        else
        {
            checkup.Skip(name, "not cached, not checked");
        }
    }

    private static void Check(Checkup checkup, string name, string? path, Func<string, string> check)
    {
        if (path is null)
        {
            checkup.Skip(name, "not given, not checked");
        }
        else
        {
            checkup.Run(name, () => check(path));
        }
    }

    private static void Estimate(Checkup checkup, string name, double seconds, string basis)
    {
        if (double.IsNaN(seconds))
        {
            checkup.Skip(name, "no estimate without its checkpoint");
        }
        else
        {
            checkup.Run(name, () => $"about {Checkup.Duration(seconds)}: {basis}");
        }
    }
}
