using System.CommandLine;
using Microsoft.ML;
using ZsMlc.MLNet;
using ZsMlc.Torch.Diffusion.Tuning;

namespace ZsMlc.Samples.ZeroShotCoco.Commands;

/// <summary>Trains the generator's text encoder against the judge, so that more pictures are accepted.</summary>
internal static class TuneCommand
{
    public static Command Create()
    {
        var work = SharedOptions.Work();
        var diffusion = SharedOptions.Diffusion();
        var judge = SharedOptions.Judge();
        var download = new DownloadOption();
        var preset = SharedOptions.Preset();
        var iterations = new Option<int?>("--iterations") { Description = "Steps of one picture each. Default: 4000, as published." };
        var rate = new Option<double?>("--learning-rate") { Description = "Default: 7e-8, as published; fewer steps want more." };
        var last = new Option<int?>("--last-steps")
        {
            Description = "Sampling steps that gradients pass through, counted from the end. Default: 3; with --preset published all of them, which takes far more time.",
        };
        var gpu = SharedOptions.Gpu();
        var seed = SharedOptions.Seed();
        var command = new Command("tune", "Train the generator's text encoder against the judge. `generate` then uses it.")
        {
            work, diffusion, judge, download, preset, iterations, rate, last, gpu, seed,
        };
        command.SetAction((result, cancellationToken) => Task.Run(async () =>
        {
            await download.FetchAsync(result, cancellationToken, result.GetValue(diffusion), result.GetValue(judge));
            var chosen = result.GetValue(preset);
            var published = new TextEncoderTuningOptions();
            var tuning = published with
            {
                Iterations = result.GetValue(iterations) ?? published.Iterations,
                LearningRate = result.GetValue(rate) ?? published.LearningRate,
                LastSteps = result.GetValue(last) ?? (chosen == Preset.Published ? null : 3),
                Seed = result.GetValue(seed),
            };
            var job = new GenerationJob
            {
                Diffusion = result.GetValue(diffusion)!, Judge = result.GetValue(judge)!, Preset = chosen, ImagesPerLabel = 1, Seed = result.GetValue(seed),
            };
            return Run(new Workspace(result.GetValue(work)!.FullName), job, tuning, result.GetValue(gpu), cancellationToken);
        }));
        return command;
    }

    private static int Run(Workspace work, GenerationJob job, TextEncoderTuningOptions tuning, int? gpu, CancellationToken cancellationToken)
    {
        var ml = new MLContext(job.Seed) { GpuDeviceId = gpu, FallbackToCpu = false };
        var progress = new ProgressLines(Console.Out);

        // A store of its own: the state of the tuning, and one picture a label to see what came of it.
        var options = job.Options(work) with
        {
            StorePath = work.Tuning, TextEncoder = null, Tuning = tuning, TuningProgress = progress, Progress = progress, CancellationToken = cancellationToken,
        };
        using var generator = ml.Transforms.SyntheticUnseenData(options).Fit(NoPhotos.View(ml));
        generator.SaveTextEncoder(work.TextEncoder);
        Console.WriteLine($"{work.TextEncoder} written; the first pictures made with it are in {work.Tuning}");
        return 0;
    }
}
