using System.CommandLine;
using Microsoft.ML;
using ZsMlc.MLNet;
using ZsMlc.MLNet.SyntheticData;
using ZsMlc.Torch.Diffusion;

namespace ZsMlc.Samples.ZeroShotCoco.Commands;

/// <summary>Makes pictures of the unseen labels until each has its quota of accepted ones. One of several tasks of a cluster makes its share.</summary>
internal static class GenerateCommand
{
    public static Command Create()
    {
        var work = SharedOptions.Work();
        var diffusion = SharedOptions.Diffusion();
        var judge = SharedOptions.Judge();
        var download = new DownloadOption();
        var preset = SharedOptions.Preset();
        var images = SharedOptions.ImagesPerLabel();
        var gpu = SharedOptions.Gpus();
        var fallback = SharedOptions.FallbackToCpu();
        var seed = SharedOptions.Seed();
        var command = new Command("generate", "Make pictures of the unseen labels; in a Slurm array, Kubernetes indexed Job, MPI job or AWS Batch array, one task's share of them.")
        {
            work, diffusion, judge, download, preset, images, gpu, fallback, seed,
        };
        var memory = new MemoryOptions();
        memory.AddTo(command);
        command.SetAction((result, cancellationToken) => Task.Run(async () =>
        {
            await download.FetchAsync(result, cancellationToken, result.GetValue(diffusion), result.GetValue(judge));
            var fallbackToCpu = result.GetValue(fallback);
            var gpus = (result.GetValue(gpu) ?? Gpus.None).Find(fallbackToCpu);
            if (gpus.Count > 1)
            {
                return await new OneProcessPerGpu([.. result.Tokens.Select(token => token.Value)], gpus).RunAsync(cancellationToken);
            }

            var job = new GenerationJob
            {
                Diffusion = SharedOptions.Absolute(result.GetValue(diffusion)!),
                Judge = SharedOptions.Absolute(result.GetValue(judge)!),
                Preset = result.GetValue(preset),
                ImagesPerLabel = result.GetValue(images) ?? Recipe.Of(result.GetValue(preset)).ImagesPerLabel,
                Seed = result.GetValue(seed),
                DecodingTile = memory.Tile(result),
            };
            var ml = new MLContext(job.Seed) { GpuDeviceId = gpus.Count == 0 ? null : gpus[0], FallbackToCpu = fallbackToCpu };
            return Run(new Workspace(result.GetValue(work)!.FullName), job, sampling => memory.Apply(result, sampling), ml, cancellationToken);
        }));
        return command;
    }

    private static int Run(Workspace work, GenerationJob job, Func<GenerationOptions, GenerationOptions> memory, MLContext ml, CancellationToken cancellationToken)
    {
        var shard = Shard.FromEnvironment();
        var options = job.Options(work);
        options = options with { Sampling = memory(options.Sampling), Shard = shard, Progress = new ProgressLines(Console.Out), CancellationToken = cancellationToken };
        Console.WriteLine($"{options.Labels}; task {shard.Index + 1} of {shard.Count}");

        // Fit looks at the columns alone, so any rows will do: the photos need not be on this machine.
        using var generator = ml.Transforms.SyntheticUnseenData(options).Fit(NoPhotos.View(ml));
        JsonFile.Write(work.Generation, job);

        var statistics = generator.Statistics;
        Console.WriteLine($"{statistics.Accepted} accepted pictures of {statistics.Generated} in {options.StorePath}, all tasks together; {statistics.Asked} were asked for");
        foreach (var label in statistics.Short)
        {
            Console.WriteLine($"  {label.Label}: {label.Accepted} of {label.Asked}");
        }

        return 0;
    }
}
