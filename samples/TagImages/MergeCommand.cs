using System.CommandLine;
using ZsMlc.Samples.TagImages.Bulk;
using ZsMlc.Samples.TagImages.Bulk.Results;

namespace ZsMlc.Samples.TagImages;

/// <summary>Verifies the parts that `folder` left and joins them into one file, which may have another format.</summary>
internal static class MergeCommand
{
    private const int MostNamed = 20;

    public static Command Create()
    {
        var parts = new Argument<DirectoryInfo>("parts") { Description = "The folder of parts, for example tags.csv.parts." };
        var output = new Option<FileInfo>("--out") { Description = "The file to write: .csv, .jsonl, .json or .parquet.", Required = true };
        var command = new Command("merge", "Verify the parts that 'folder' left and join them into one file.") { parts, output };
        command.SetAction(result =>
        {
            ResultFile.Check(result.GetValue(output)!);
            var folder = result.GetValue(parts)!;
            var work = BulkWork.Open(folder);
            if (work.Missing() is { Count: > 0 } missing)
            {
                throw new InvalidDataException($"{missing.Count} of {work.Job.Parts} parts in {folder.FullName} are missing or damaged: {string.Join(", ", missing.Take(MostNamed))}{(missing.Count > MostNamed ? ", …" : "")}. The 'folder' command that began them makes them.");
            }

            Joined.Write(work, result.GetValue(output)!);
            return ExitCode.Done;
        });
        return command;
    }
}
