using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using ZsMlc.MLNet.Interop;
using static TorchSharp.torch;

namespace ZsMlc.Benchmarks;

/// <summary>Pictures of the size of MS-COCO's photos, as files and as rows.</summary>
internal static class SamplePhotos
{
    public const int Width = 640, Height = 480;

    /// <summary>A picture with smooth colours and some grain, so that it compresses about like a photo.</summary>
    public static MLImage Create(int seed, int width = Width, int height = Height)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(seed);
        var smooth = nn.functional.interpolate(rand(1, 3, 12, 16), [height, width], mode: InterpolationMode.Bicubic, align_corners: false);
        var pixels = ((smooth + 0.05 * randn(1, 3, height, width)) * 255).clamp(0, 255).to(ScalarType.Byte);
        return ImagePixels.ToImage(pixels[0]);
    }

    /// <summary>Writes JPEG files into a folder.</summary>
    public static void Write(string folder, int count, int width = Width, int height = Height)
    {
        Directory.CreateDirectory(folder);
        for (var i = 0; i < count; i++)
        {
            using var image = Create(i, width, height);
            image.Save(Path.Combine(folder, $"{i:d3}.jpg"));
        }
    }

    /// <summary>Rows whose images are decoded already.</summary>
    public static IDataView Decoded(IReadOnlyList<MLImage> images) => new IndexedDataView(images.Count,
    [
        // Handing out a copy is what every source of images does; the benchmark's own images stay whole.
        new("Image", new ImageDataViewType(), row => (ValueGetter<MLImage>)((ref MLImage value) => value = ImagePixels.Replace(value, images[row.Index])!)),
    ]);

    /// <summary>Reads every score of a view, as a user does; returns the number of rows.</summary>
    public static int ReadScores(IDataView view)
    {
        using var cursor = view.GetRowCursor([view.Schema["Score"], view.Schema["PredictedLabels"]]);
        var scores = cursor.GetGetter<VBuffer<float>>(view.Schema["Score"]);
        var labels = cursor.GetGetter<VBuffer<ReadOnlyMemory<char>>>(view.Schema["PredictedLabels"]);
        VBuffer<float> score = default;
        VBuffer<ReadOnlyMemory<char>> label = default;
        var rows = 0;
        for (; cursor.MoveNext(); rows++)
        {
            scores(ref score);
            labels(ref label);
        }

        return rows;
    }
}
