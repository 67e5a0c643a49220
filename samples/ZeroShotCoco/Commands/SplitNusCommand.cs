using System.CommandLine;
using Microsoft.ML;
using ZsMlc.MLNet;
using ZsMlc.MLNet.Datasets;
using ZsMlc.Samples.ZeroShotCoco.Data;

namespace ZsMlc.Samples.ZeroShotCoco.Commands;

/// <summary>Makes the files of `split` from NUS-WIDE: its 81 concepts are the unseen labels, its thousand tags without them the seen ones.</summary>
internal static class SplitNusCommand
{
    public static Command Create()
    {
        var work = SharedOptions.Work();
        var trainList = Required("--train-list", "The list of training photos, TrainImagelist.txt.");
        var trainTags = Required("--train-tags", "Their tags, Train_Tags1k.dat.");
        var testList = Required("--test-list", "The list of test photos, TestImagelist.txt.");
        var testTags = Required("--test-tags", "Their tags, Test_Tags1k.dat.");
        var testConcepts = Required("--test-concepts", "Their concepts, Test_Tags81.txt.");
        var tags = Required("--tag-names", "The names of the tags, TagList1k.txt.");
        var concepts = Required("--concept-names", "The names of the concepts, Concepts81.txt.");
        var command = new Command("split-nus", "Split NUS-WIDE: train on its user tags, test on its concepts, which no training photo is labelled with.")
        {
            work, trainList, trainTags, testList, testTags, testConcepts, tags, concepts,
        };
        command.SetAction(result =>
        {
            string Value(Option<FileInfo> option) => result.GetValue(option)!.FullName;
            return Run(
                new Workspace(result.GetValue(work)!.FullName), Value(tags), Value(concepts),
                Value(trainList), [new(Value(trainTags), Value(tags))],
                Value(testList), [new(Value(testTags), Value(tags)), new(Value(testConcepts), Value(concepts))]);
        });
        return command;
    }

    private static Option<FileInfo> Required(string name, string description) => new(name) { Description = description, Required = true };

    private static int Run(
        Workspace work, string tags, string concepts, string trainList, IReadOnlyList<NusWideLabels> train, string testList, IReadOnlyList<NusWideLabels> test)
    {
        var unseen = Names(concepts);
        var labels = new LabelFile([.. Names(tags).Except(unseen)], unseen);
        Directory.CreateDirectory(work.Root);
        var training = Read(trainList, train, labels.Seen, _ => true);
        var testing = Read(testList, test, [.. labels.Seen, .. unseen], row => row.Labels.Intersect(unseen).Any());
        training.Write(work.TrainingAnnotations);
        testing.Write(work.TestAnnotations);
        labels.Write(work.Labels);
        Console.WriteLine($"{labels.Seen.Count} seen and {unseen.Length} unseen labels");
        Console.WriteLine($"{training.Images.Count} photos for training: a seen label");
        Console.WriteLine($"{testing.Images.Count} photos for the test: an unseen label");
        return 0;
    }

    private static string[] Names(string path) => [.. File.ReadLines(path).Select(l => l.Trim()).Where(l => l.Length > 0)];

    /// <summary>The photos of a list in COCO's form, with paths as the list has them; the photos themselves are not opened.</summary>
    private static CocoFile Read(string list, IReadOnlyList<NusWideLabels> sources, IReadOnlyList<string> labels, Func<Row, bool> keep)
    {
        var ml = new MLContext();
        var folder = Path.GetDirectoryName(list)!;
        var view = ml.Data.LoadFromNusWide(list, folder, sources, new ImageDataOptions { Labels = labels.ToHashSet(), SkipUnlabelled = true });
        var ids = labels.Select((label, i) => (label, i)).ToDictionary(l => l.label, l => l.i + 1);
        var rows = ml.Data.CreateEnumerable<Row>(view, reuseRowObject: false).Where(keep).ToList();
        var annotations = rows.SelectMany((row, i) => row.Labels.Select(l => (Image: i + 1, Category: ids[l])))
            .Select((a, i) => new CocoAnnotation(i + 1, a.Image, a.Category, null, 0, 0));
        return new(
            [.. rows.Select((row, i) => new CocoImage(i + 1, Path.GetRelativePath(folder, row.ImagePath).Replace('\\', '/'), 0, 0))],
            [.. annotations],
            [.. labels.Select(l => new CocoCategory(ids[l], l))]);
    }

    private sealed class Row
    {
        public string ImagePath { get; set; } = "";

        public string[] Labels { get; set; } = [];
    }
}
