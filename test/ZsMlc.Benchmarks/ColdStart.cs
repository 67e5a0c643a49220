using System.Globalization;
using System.IO.Compression;
using Microsoft.ML;
using ZsMlc.MLNet;
using ZsMlc.Benchmarks.Children;
using ZsMlc.Benchmarks.Harness;
using ZsMlc.Torch.Classification;
using static TorchSharp.torch;

namespace ZsMlc.Benchmarks;

/// <summary>A fresh process that loads a saved model and scores a photo; and what its checksums cost.</summary>
internal sealed class ColdStart : IBenchmark
{
    public string Name => "load";

    public string Description => $"Fresh process to the first scores of one photo, from a .zip of RN50 size with {Classify.Labels} labels: everything from the start of the .NET runtime on. Behind it, in one process, the same file loaded with all its checksums compared (SHA-256 and CRC-32) and its weights loaded without any.";

    public IReadOnlyList<Measurement> Run(BenchmarkOptions options)
    {
        using var folder = new ScratchFolder();
        var (zip, plain, photo) = (folder["model.zip"], folder["plain.zip"], folder["photo.jpg"]);
        using (var image = SamplePhotos.Create(1))
        {
            image.Save(photo);
        }

        var ml = new MLContext();
        var weights = Save(ml, ml.Data.LoadImagesFromFolder(folder.Path).Schema, zip, plain, options);

        // The first run fills the file cache.
        var child = new FirstScore().Name;
        ChildProcess.Self(options, child, zip, photo);
        var runs = Enumerable.Range(0, options.Runs).Select(_ => ChildProcess.Self(options, child, zip, photo)).ToList();
        var parts = runs.Select(r => r.Lines[0].Split(' ').Select(v => double.Parse(v, CultureInfo.InvariantCulture)).ToArray()).ToList();
        return
        [
            Measurement.Of("process start to first scores", "s", runs.Select(r => r.SecondsToFirstLine)),
            Measurement.Of("of that: loading", "s", parts.Select(p => p[0])),
            Measurement.Of("of that: first prediction", "s", parts.Select(p => p[1])),
            Measurement.Of("peak resident memory", "MB", parts.Select(p => p[2]), string.Create(CultureInfo.InvariantCulture, $"1.5 × weights + 300 MB: {1.5 * weights + 300:0} MB (single precision), {0.75 * weights + 300:0} MB (as stored)")),
            Measurement.Single("weights in single precision", "MB", weights),
            Measurement.Single("file", "MB", new FileInfo(zip).Length / 1048576.0),
            .. Checksums(ml, zip, plain, options),
        ];
    }

    private static IEnumerable<Measurement> Checksums(MLContext ml, string zip, string plain, BenchmarkOptions options)
    {
        var seconds = Measurement.TimeInTurn(options.Runs, () => ml.MultiLabelClassification.Load(zip).Dispose(), () => LoadPlain(plain).Dispose());
        var (first, second) = (Measurement.Of("ml.MultiLabelClassification.Load, with checksums", "s", seconds[0]), Measurement.Of("the weights alone, without checksums", "s", seconds[1]));
        return [first, second, Measurement.Single("checksums cost at most", "%", (first.Median / second.Median - 1) * 100, "of the medians; expected 10 % or less")];
    }

    private static FusionClassifier LoadPlain(string path)
    {
        using var zip = ZipFile.OpenRead(path);
        using var stream = zip.Entries[0].Open();
        return FusionClassifier.Load(stream);
    }

    /// <summary>Saves a model, and its weights without a checksum; returns the size of its weights in single precision, in MB.</summary>
    private static double Save(MLContext ml, DataViewSchema input, string zip, string plain, BenchmarkOptions options)
    {
        using var scope = NewDisposeScope();
        using var clip = RandomModels.ResNet(options);
        using var model = RandomModels.Transformer(clip, Classify.Labels, ScalarType.Float32, options);
        ml.MultiLabelClassification.Save(model, input, zip);
        using (var archive = ZipFile.Open(plain, ZipArchiveMode.Create))
        {
            using var stream = archive.CreateEntry("weights").Open();
            model.Classifier.Save(stream, includeTextEncoder: false, checksum: false);
        }

        return model.Classifier.image_encoder.parameters().Sum(p => p.NumberOfElements) * 4 / 1048576.0;
    }
}
