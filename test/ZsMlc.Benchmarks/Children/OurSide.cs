using System.Globalization;
using ZsMlc.Benchmarks.Harness;
using ZsMlc.Torch.Filtering;
using static TorchSharp.torch;

namespace ZsMlc.Benchmarks.Children;

/// <summary>
/// Our side of <c>versus</c>, which answers as the peer does: a line <c>name, seconds a batch, images/s</c>, parted by tabs.
/// Arguments: <c>classify</c>, <c>train</c>, <c>filter</c> or <c>filter1</c>, and <c>fp32</c> or <c>bf16</c>.
/// </summary>
internal sealed class OurSide : IChild
{
    public string Name => "side";

    public void Run(IReadOnlyList<string> arguments, BenchmarkOptions options)
    {
        using var scope = NewDisposeScope();
        var (what, type) = (arguments[0], DeviceClock.Precisions.Single(p => p.Name == arguments[1]).Type);
        var seconds = what switch
        {
            "classify" => Scoring(type, options),
            "train" => Training(type, options),
            _ => Filtering(what, type, options),
        };
        var median = Measurement.Of(what, "s", seconds).Median;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}\t{median:0.0000} s/batch\t{options.Batch / median:0.000} images/s"));
    }

    private static IReadOnlyList<double> Scoring(ScalarType type, BenchmarkOptions options)
    {
        using var clip = RandomModels.ResNet(options);
        using var classifier = RandomModels.Classifier(clip, Classify.Labels, type);
        using var pixels = RandomModels.Pixels(options.Batch, classifier.Vision.ImageSize);
        return Measurement.Time(() => DeviceClock.Run(options, () => classifier.Score(pixels)), options.Runs);
    }

    private static IReadOnlyList<double> Training(ScalarType type, BenchmarkOptions options)
    {
        using var clip = RandomModels.ResNet(options);
        using var classifier = RandomModels.Classifier(clip, Train.Labels, type);
        return Train.Steps(classifier, options, options.Runs);
    }

    private static IReadOnlyList<double> Filtering(string what, ScalarType type, BenchmarkOptions options)
    {
        using var clip = RandomModels.Judge(options, type);
        using var judge = new ClipDiscriminator(clip, RandomModels.LabelNames(17));
        using var images = RandomModels.Pixels(options.Batch, clip.Config.Vision.ImageSize);
        return Measurement.Time(() => DeviceClock.Run(options, () =>
        {
            if (what == "filter1")
            {
                Filter.OneByOne(judge, images);
            }
            else
            {
                Filter.Batched(judge, images);
            }
        }), options.Runs);
    }
}
