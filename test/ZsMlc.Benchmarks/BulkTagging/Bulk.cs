using System.Diagnostics;
using Microsoft.ML;
using ZsMlc.Benchmarks.Harness;
using ZsMlc.MicroModels;
using ZsMlc.MLNet;

namespace ZsMlc.Benchmarks.BulkTagging;

/// <summary>The sample TagImages on very many small files: its pace, its memory, and whether kills change what it writes.</summary>
internal sealed class Bulk : IBenchmark
{
    public string Name => "bulk";

    public bool IsLong => true;

    public string Description => "TagImages folder with the micro classifier on small PNG files (--files): pictures a second, peak memory on a tenth and on all of them, and a run that is killed twice against an undisturbed one.";

    public IReadOnlyList<Measurement> Run(BenchmarkOptions options)
    {
        using var folder = new ScratchFolder();
        var files = options.Smoke ? 40 : options.Files;
        SmallFiles.Make(folder["tenth"], files / 10);
        SmallFiles.Make(folder["all"], files);
        SaveTagger(folder["tagger.zip"], options);

        var tenth = Tag(folder, "tenth", "tenth.jsonl", files, options);
        var watch = Stopwatch.StartNew();
        var whole = Tag(folder, "all", "whole.jsonl", files, options);
        var seconds = watch.Elapsed.TotalSeconds;
        var parts = Parts(folder, "whole.jsonl");
        Kill(folder, parts / 3, files);
        Kill(folder, 2 * parts / 3, files);
        Tag(folder, "all", "killed.jsonl", files, options);
        var equal = File.ReadAllBytes(folder["whole.jsonl"]).AsSpan().SequenceEqual(File.ReadAllBytes(folder["killed.jsonl"]));
        return
        [
            Measurement.Single($"{files} files, start and joining included", "pictures/s", files / seconds),
            Measurement.Single($"peak memory, {files / 10} files", "MB", tenth.PeakMegabytes),
            Measurement.Single($"peak memory, {files} files", "MB", whole.PeakMegabytes),
            Measurement.Single("killed twice: equal to an undisturbed run", "1 or 0", equal ? 1 : 0),
        ];
    }

    private static int PartSize(int files) => Math.Clamp(files / 10, 1, 1000);

    private static string[] Command(ScratchFolder folder, string pictures, string output, int files) =>
        [typeof(Samples.TagImages.TagImagesProgram).Assembly.Location, "folder", folder["tagger.zip"], folder[pictures], "--out", folder[output], "--part-size", $"{PartSize(files)}"];

    private static ChildProcess Tag(ScratchFolder folder, string pictures, string output, int files, BenchmarkOptions options) => ChildProcess.Run("dotnet", Command(folder, pictures, output, files), options.Threads);

    private static int Parts(ScratchFolder folder, string output) => Directory.Exists(folder[$"{output}.parts"]) ? Directory.EnumerateFiles(folder[$"{output}.parts"], "part-*.jsonl").Count() : 0;

    /// <summary>Runs until so many parts are there, and ends the process as a power cut does.</summary>
    private static void Kill(ScratchFolder folder, int parts, int files)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", Command(folder, "all", "killed.jsonl", files)) { RedirectStandardOutput = true })!;
        _ = process.StandardOutput.ReadToEndAsync();
        while (!process.HasExited && Parts(folder, "killed.jsonl") < parts)
        {
            Thread.Sleep(5);
        }

        process.Kill();
        process.WaitForExit();
    }

    private static void SaveTagger(string path, BenchmarkOptions options)
    {
        var ml = new MLContext(seed: 7);
        var micro = ZeroShotModels.Micro;
        var labels = LabelSet.Create(micro.Seen, micro.Unseen);
        var photos = ml.Data.TakeRows(ml.Data.LoadFromCoco(micro.Validation.Annotations, micro.Validation.Images, new() { Labels = labels.All }), options.Smoke ? 8 : 64);
        using var model = ml.MultiLabelClassification.Trainers.FusionMultiLabel(new() { Labels = labels, Clip = micro.Clip, Network = new() { ContextTokens = 4 }, Epochs = 1, BatchSize = 8 }).Fit(photos);
        ml.Model.Save(model, photos.Schema, path);
    }
}
