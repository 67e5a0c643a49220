using System.CommandLine;
using ZsMlc.Samples.ZeroShotCoco.Data;

namespace ZsMlc.Samples.ZeroShotCoco.Commands;

/// <summary>Makes the training and test annotations of the zero-shot task from COCO's own.</summary>
internal static class SplitCommand
{
    public static Command Create()
    {
        var work = SharedOptions.Work();
        var train = new Option<FileInfo>("--train") { Description = "Annotations of the training photos, such as instances_train2014.json.", Required = true };
        var test = new Option<FileInfo>("--test") { Description = "Annotations of the test photos, such as instances_val2014.json.", Required = true };
        var labels = new Option<FileInfo>("--labels")
        {
            Description = "JSON with the name lists 'seen' and 'unseen'. Default: the published 48 and 17.",
            DefaultValueFactory = _ => new FileInfo(Path.Combine(AppContext.BaseDirectory, "labels-48-17.json")),
        };
        var command = new Command("split", "Split COCO into training photos without any unseen object, and test photos with some.") { work, train, test, labels };
        command.SetAction(result => Run(
            new Workspace(result.GetValue(work)!.FullName), result.GetValue(train)!, result.GetValue(test)!, LabelFile.Read(result.GetValue(labels)!.FullName)));
        return command;
    }

    private static int Run(Workspace work, FileInfo train, FileInfo test, LabelFile labels)
    {
        Directory.CreateDirectory(work.Root);
        var training = ZeroShotSplit.Training(CocoFile.Read(train.FullName), labels);
        var testing = ZeroShotSplit.Test(CocoFile.Read(test.FullName), labels);
        if (training.Images.Count == 0 || testing.Images.Count == 0)
        {
            throw new UsageException($"The split leaves {training.Images.Count} training and {testing.Images.Count} test photos; both must have some.");
        }

        training.Write(work.TrainingAnnotations);
        testing.Write(work.TestAnnotations);
        labels.Write(work.Labels);
        Console.WriteLine($"{labels.Seen.Count} seen and {labels.Unseen.Count} unseen labels");
        Console.WriteLine($"{training.Images.Count} of {train.Name}'s photos for training: a seen label, no unseen one");
        Console.WriteLine($"{testing.Images.Count} of {test.Name}'s photos for the test: an unseen label");
        return 0;
    }
}
