using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;
using ZsMlc.MLNet;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Filtering;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Samples.Reporting.Comparison;

/// <summary>The method to beat: plain CLIP, which compares a photo with the names of the labels and learns nothing.</summary>
public static class ZeroShotClip
{
    private const int Batch = 32;

    /// <summary>Scores photos by the scaled cosine of their CLIP features with those of the label names.</summary>
    /// <param name="ml">The context; its <c>GpuDeviceId</c> chooses the device.</param>
    /// <param name="photos">Rows with <c>Image</c>, <c>ImagePath</c> and <c>Labels</c>.</param>
    /// <param name="labels">The labels of the task.</param>
    /// <param name="clip">Path of the CLIP model.</param>
    /// <param name="template">Text that a label is put into at <c>{0}</c>.</param>
    /// <returns>Rows with <c>ImagePath</c>, <c>Labels</c> and <c>Score</c>, which the evaluator of the trained models takes too.</returns>
    public static IDataView Score(MLContext ml, IDataView photos, LabelSet labels, string clip, string template = "{0}")
    {
        using var model = ClipModel.FromPretrained(clip, TorchDevice.Select(ml.GpuDeviceId, ml.FallbackToCpu));
        using var judge = new ClipDiscriminator(model, labels.All, template);
        var rows = Read(photos, model).Chunk(Batch).SelectMany(batch => Score(judge, batch)).ToList();

        // The evaluator finds the labels of the scores in the slot names, as it does with a trained model.
        var schema = SchemaDefinition.Create(typeof(ScoredPhoto));
        schema[nameof(ScoredPhoto.Score)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, labels.Count);
        schema[nameof(ScoredPhoto.Score)].AddAnnotation(
            "SlotNames", new VBuffer<ReadOnlyMemory<char>>(labels.Count, [.. labels.All.Select(l => l.AsMemory())]), new VectorDataViewType(TextDataViewType.Instance, labels.Count));
        return ml.Data.LoadFromEnumerable(rows, schema);
    }

    private static ScoredPhoto[] Score(ClipDiscriminator judge, (ScoredPhoto Photo, Tensor Pixels)[] batch)
    {
        using var scope = NewDisposeScope();
        using var mode = inference_mode();
        var pixels = cat([.. batch.Select(row => row.Pixels)]);
        var scores = judge.Scores(pixels).cpu().to(ScalarType.Float32).contiguous().data<float>().ToArray();
        foreach (var (row, score) in batch.Zip(scores.Chunk(judge.Labels.Count)))
        {
            row.Photo.Score = score;
            row.Pixels.Dispose();
        }

        return [.. batch.Select(row => row.Photo)];
    }

    /// <summary>The photos and their pixels at the size that CLIP reads, bytes [1, 3, S, S].</summary>
    private static IEnumerable<(ScoredPhoto Photo, Tensor Pixels)> Read(IDataView photos, ClipModel model)
    {
        var (image, path, labels) = (photos.Schema["Image"], photos.Schema["ImagePath"], photos.Schema["Labels"]);
        using var cursor = photos.GetRowCursor([image, path, labels]);
        var images = cursor.GetGetter<MLImage>(image);
        var paths = cursor.GetGetter<ReadOnlyMemory<char>>(path);
        var names = cursor.GetGetter<VBuffer<ReadOnlyMemory<char>>>(labels);
        MLImage picture = null!;
        ReadOnlyMemory<char> file = default;
        VBuffer<ReadOnlyMemory<char>> found = default;
        while (cursor.MoveNext())
        {
            images(ref picture);
            paths(ref file);
            names(ref found);
            yield return (new ScoredPhoto { ImagePath = file.ToString(), Labels = [.. found.DenseValues().Select(n => n.ToString())] }, Pixels(picture, model));
        }

        picture?.Dispose();
    }

    private static Tensor Pixels(MLImage image, ClipModel model)
    {
        using var scope = NewDisposeScope();
        var colours = tensor(image.Pixels.ToArray(), [image.Height, image.Width, 4]).narrow(2, 0, 3);
        var rgb = (image.PixelFormat == MLPixelFormat.Bgra32 ? colours.flip(2) : colours).permute(2, 0, 1).contiguous();
        return model.Preprocessor.Resize(rgb).DetachFromDisposeScope();
    }
}
