// A process that references the package and mentions none of its types: it loads a saved model by ML.NET alone, scores
// the pictures of a folder by Transform and by PredictionEngine, and prints the bits of every score. With a third
// argument, a file of lines "picture label label", it prints the pictures that the model's Transform keeps instead.
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

var ml = new MLContext();
var model = ml.Model.Load(args[0], out _);
if (args.Length > 2)
{
    var rows = File.ReadLines(args[2]).Select(l => l.Split(' ')).Select(l => new Labelled { File = l[0], Labels = l[1..], Image = MLImage.CreateFromFile(Path.Combine(args[1], l[0])) });
    foreach (var row in ml.Data.CreateEnumerable<Labelled>(model.Transform(ml.Data.LoadFromEnumerable(rows)), reuseRowObject: false))
    {
        Console.WriteLine($"{row.File} {string.Join(' ', row.Labels)}");
    }

    return;
}

var files = Directory.GetFiles(args[1]).Where(f => f.EndsWith(".jpg") || f.EndsWith(".png")).Order(StringComparer.Ordinal).ToArray();
var photos = ml.Data.LoadFromEnumerable(files.Select(f => new Photo { Image = MLImage.CreateFromFile(f) }));
foreach (var row in ml.Data.CreateEnumerable<Tags>(model.Transform(photos), reuseRowObject: false))
{
    Print("view", row);
}

using var engine = ml.Model.CreatePredictionEngine<Photo, Tags>(model);
foreach (var file in files)
{
    using var image = MLImage.CreateFromFile(file);
    Print("engine", engine.Predict(new Photo { Image = image }));
}

static void Print(string how, Tags tags) =>
    Console.WriteLine($"{how} {string.Join(' ', tags.Score.Select(s => BitConverter.SingleToUInt32Bits(s).ToString("x8")))} {string.Join(',', tags.PredictedLabels)}");

internal sealed class Photo
{
    [ImageType(1, 1)]
    public MLImage Image { get; set; } = null!;
}

internal sealed class Labelled
{
    public string File { get; set; } = "";

    public string[] Labels { get; set; } = [];

    [ImageType(1, 1)]
    public MLImage Image { get; set; } = null!;
}

internal sealed class Tags
{
    public float[] Score { get; set; } = [];

    public string[] PredictedLabels { get; set; } = [];
}
