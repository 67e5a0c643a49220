using System.CommandLine;
using System.Security.Cryptography;
using ZsMlc.MLNet.SyntheticData;
using ZsMlc.Samples.TagImages.Bulk;
using ZsMlc.Samples.TagImages.Bulk.Results;

namespace ZsMlc.Samples.TagImages;

/// <summary>Tags every picture of a folder, in parts that are kept: however many pictures there are, and however often it is stopped.</summary>
internal static class FolderCommand
{
    private const int Million = 1_000_000;

    /// <summary>The folder of the parts that a result is joined from.</summary>
    private static DirectoryInfo PartsOf(FileInfo output) => new($"{output.FullName}.parts");

    public static Command Create()
    {
        var model = new Argument<FileInfo>("model") { Description = "The saved model, for example out/tagger.zip." };
        var folder = new Argument<DirectoryInfo>("folder") { Description = "Where the pictures are; subfolders too." };
        var output = new Option<FileInfo>("--out")
        {
            Description = "The file to write: .csv, .jsonl, .json or .parquet. Finished parts are kept beside it, in a folder with the ending .parts.",
            DefaultValueFactory = _ => new FileInfo("tags.csv"),
        };
        var (top, threshold) = TagImagesProgram.TagOptions();
        var megapixels = new Option<int>("--max-megapixels") { Description = "The largest picture, in millions of pixels.", DefaultValueFactory = _ => 64 };
        var part = new Option<int>("--part-size") { Description = "Pictures of a part: what a stop loses at most.", DefaultValueFactory = _ => 1000 };
        part.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("--part-size must be 1 or more.");
            }
        });
        var gpu = new Option<Gpus?>("--gpu")
        {
            Description = "Index of the GPU; 'all', or several as in 0,1, for a process each on a share of the parts; without it, or without that GPU, the CPU.", CustomParser = Gpus.Parse,
        };
        var command = new Command("folder", "Tag every picture of a folder into a file; in a Slurm array, Kubernetes indexed Job, MPI job or AWS Batch array, one task's share of the parts. The last task joins them.")
        {
            model, folder, output, top, threshold, megapixels, part, gpu,
        };
        command.SetAction((result, cancellationToken) => Task.Run(() =>
        {
            var gpus = (result.GetValue(gpu) ?? Gpus.None).Find(fallbackToCpu: true);
            var (modelFile, pictures, target) = (result.GetValue(model)!, result.GetValue(folder)!, result.GetValue(output)!);
            Check(modelFile, pictures, target);
            if (gpus.Count > 1)
            {
                return new OneProcessPerGpu([.. result.Tokens.Select(token => token.Value)], gpus).RunAsync(cancellationToken);
            }

            // Read before anything is written: it may be damaged.
            using var tagger = new Tagger(modelFile.FullName, gpus.Count == 0 ? null : gpus[0]);
            var work = BulkWork.Begin(PartsOf(target), pictures, list => new TaggingJob
            {
                Model = HashOf(modelFile),
                Folder = pictures.FullName,
                Pictures = list.Count,
                PassedOver = list.PassedOver,
                List = list.Sha256,
                PartSize = result.GetValue(part),
                Top = result.GetValue(top),
                Threshold = result.GetValue(threshold),
                MaximumPixels = (long)result.GetValue(megapixels) * Million,
            });
            Run(work, tagger, cancellationToken);
            Join(work, target);
            return Task.FromResult(ExitCode.Done);
        }));
        return command;
    }

    private static void Check(FileInfo model, DirectoryInfo folder, FileInfo output)
    {
        ResultFile.Check(output);
        if (!model.Exists)
        {
            throw new FileNotFoundException($"There is no model {model.FullName}.");
        }

        if (!folder.Exists)
        {
            throw new DirectoryNotFoundException($"There is no folder {folder.FullName}.");
        }
    }

    private static void Run(BulkWork work, Tagger tagger, CancellationToken cancellationToken)
    {
        var shard = Shard.FromEnvironment();
        var total = work.CountOf(shard);
        Console.WriteLine($"{work.Job.Pictures} pictures in {work.Job.Parts} parts; task {shard.Index + 1} of {shard.Count} has {total}");
        var progress = new Throughput(total, Console.Out);
        work.Run(shard, new PictureTagger(tagger, work.Job, cancellationToken).Tag, progress, cancellationToken);
        Console.WriteLine(progress);
    }

    private static void Join(BulkWork work, FileInfo output)
    {
        if (work.Missing() is { Count: > 0 } missing)
        {
            Console.WriteLine($"{missing.Count} of {work.Job.Parts} parts are other tasks'; the last one joins them.");
            return;
        }

        Joined.Write(work, output);
    }

    private static string HashOf(FileInfo file)
    {
        using var stream = file.OpenRead();
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
