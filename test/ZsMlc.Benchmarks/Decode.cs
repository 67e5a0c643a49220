using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZsMlc.Benchmarks.Children;
using ZsMlc.Benchmarks.Harness;
using ZsMlc.MLNet;
using ZsMlc.MLNet.Images;
using ZsMlc.MLNet.Interop;
using static TorchSharp.torch;

namespace ZsMlc.Benchmarks;

/// <summary>JPEG files to the pixels that a network reads, without the network.</summary>
internal sealed class Decode : IBenchmark
{
    private const int Side = 224;

    // What the documentation of the option recommends: twice the network's image size.
    private static readonly ImageReadOptions s_reduced = new() { JpegMinimumSide = 2 * Side };

    public string Name => "decode";

    public string Description => $"JPEG photos to {Side}² pixels: on one core, with threads that read ahead and resize beside as many independent processes, and decoded at a reduced size.";

    public IReadOnlyList<Measurement> Run(BenchmarkOptions options)
    {
        List<Measurement> rows = [];
        (int, int)[] sizes = options.Smoke ? [(64, 48), (2000, 1500)] : [(SamplePhotos.Width, SamplePhotos.Height), (4000, 3000)];
        foreach (var (width, height) in sizes)
        {
            using var folder = new ScratchFolder();
            SamplePhotos.Write(folder.Path, options.Smoke ? 2 : options.Batch, width, height);
            var files = Directory.GetFiles(folder.Path);
            var size = $"{width}×{height}";
            rows.AddRange(OneCore(options, size, [.. files.Select(File.ReadAllBytes)]));
            rows.AddRange(ReadingAhead(options, size, folder.Path, files.Length));
        }

        return rows;
    }

    /// <summary>Threads that read ahead; and as many processes of one thread each, which share nothing: what the machine itself gains by another core.</summary>
    private static IReadOnlyList<Measurement> ReadingAhead(BenchmarkOptions options, string size, string folder, int photos)
    {
        List<int> counts = [.. Enumerable.Range(0, 8).Select(i => 1 << i).Where(n => n < Environment.ProcessorCount), Environment.ProcessorCount];
        List<PacedChild> children = [];
        try
        {
            children.AddRange(Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new PacedChild(options, new PacedReader().Name, folder)));
            var threads = counts.Select(n => (Action)(() => ReadAll(folder, n, options.Batch)));
            var processes = counts.Select(n => (Action)(() => PacedChild.Work([.. children.Take(n)])));
            var seconds = Measurement.TimeInTurn(options.Runs, [.. threads, .. processes]);
            return
            [
                .. counts.Select((n, i) => Rate($"{size}, {n} reading ahead", photos, seconds[i], seconds[0])),
                .. counts.Select((n, i) => Rate($"{size}, {n} processes of one thread each", n * photos, seconds[counts.Count + i], seconds[counts.Count])),
            ];
        }
        finally
        {
            children.ForEach(c => c.Dispose());
        }

        Measurement Rate(string name, int read, double[] own, double[] one)
        {
            var gain = Measurement.Of("", "", own.Zip(one, (mine, first) => first / mine * read / photos));
            return Measurement.Of(name, "images/s", own.Select(s => read / s))
                with { Note = string.Create(CultureInfo.InvariantCulture, $"{gain.Median:0.00} times one ({gain.Min:0.00}-{gain.Max:0.00})") };
        }
    }

    private static IEnumerable<Measurement> OneCore(BenchmarkOptions options, string size, IReadOnlyList<byte[]> photos)
    {
        foreach (var (name, reading) in new[] { ("in full", new ImageReadOptions()), ("reduced", s_reduced) })
        {
            var seconds = Measurement.Time(() => WithOneThread(() => photos.ToList().ForEach(p => Pixels(p, reading).Dispose())), options.Runs);
            yield return Measurement.Of($"{size}, bytes to pixels, {name}, one core", "ms/image", seconds.Select(s => 1000 * s / photos.Count));
        }

        using var scope = NewDisposeScope();
        var difference = stack([.. photos.Select(p => (Pixels(p, s_reduced).to(ScalarType.Float32) - Pixels(p, new()).to(ScalarType.Float32)).abs())]);
        yield return Measurement.Single($"{size}, reduced against full, mean difference", "of 255", difference.mean().item<float>());
        yield return Measurement.Single($"{size}, reduced against full, largest difference", "of 255", difference.max().item<float>());
    }

    private static Tensor Pixels(byte[] photo, ImageReadOptions reading)
    {
        using var image = ImageReader.Read(new MemoryStream(photo), "photo", reading);
        return ImagePixels.ToSquare(image, Side);
    }

    internal static void ReadAll(string folder, int threads, int ahead)
    {
        var view = new MLContext().Data.LoadImagesFromFolder(folder);
        DataViewSchema.Column[] columns = [view.Schema["Image"]];
        using var cursor = new ReadAheadCursor(view.Schema, columns, view.GetRowCursorSet(columns, threads), ahead, new(columns[0].Index, Side, long.MaxValue));
        var images = new ImageColumnReader(cursor, columns[0], long.MaxValue);
        while (cursor.MoveNext())
        {
            ImagePixels.ToSquare(images.Read(), Side).Dispose();
        }
    }

    private static void WithOneThread(Action work)
    {
        var threads = get_num_threads();
        set_num_threads(1);
        try
        {
            work();
        }
        finally
        {
            set_num_threads(threads);
        }
    }
}
