using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using ZsMlc.Benchmarks.Harness;

namespace ZsMlc.Benchmarks.Children;

/// <summary>Loads a saved model and scores one photo. Arguments: the .zip, the photo. Prints seconds of loading, seconds of scoring, peak memory in MB.</summary>
internal sealed class FirstScore : IChild
{
    public string Name => "first-score";

    public void Run(IReadOnlyList<string> arguments, BenchmarkOptions options)
    {
        var ml = new MLContext();
        var start = Stopwatch.GetTimestamp();
        var model = ml.MultiLabelClassification.Load(arguments[0]);
        var loaded = Stopwatch.GetTimestamp();
        using var engine = ml.Model.CreatePredictionEngine<Photo, Tags>(model);
        using var image = MLImage.CreateFromFile(arguments[1]);
        var tags = engine.Predict(new() { Image = image });
        var scored = Stopwatch.GetTimestamp();
        if (tags.Score.Length == 0 || tags.Score.Any(s => !float.IsFinite(s)))
        {
            throw new InvalidOperationException("The model gave no scores.");
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Stopwatch.GetElapsedTime(start, loaded).TotalSeconds} {Stopwatch.GetElapsedTime(loaded, scored).TotalSeconds} {ProcessMemory.PeakMegabytes}"));
    }

    private sealed class Photo
    {
        [ImageType(1, 1)]
        public MLImage Image { get; set; } = null!;
    }

    private sealed class Tags
    {
        public float[] Score { get; set; } = [];
    }
}
