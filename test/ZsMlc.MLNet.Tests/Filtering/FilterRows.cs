using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using TorchSharp;
using ZsMlc.MLNet.Interop;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Filtering;
using static TorchSharp.torch;

namespace ZsMlc.MLNet.Filtering;

/// <summary>Pictures of two colours with labels that may be wrong, and what the filter's definition says of them, worked out one by one.</summary>
internal sealed class FilterRows
{
    public static readonly string[] Colours = ["red", "green", "blue", "yellow", "white"];

    private static readonly (byte R, byte G, byte B)[] s_values = [(220, 30, 30), (30, 200, 40), (20, 40, 230), (230, 220, 20), (250, 250, 250)];

    private static string[][] s_labels = [.. Enumerable.Repeat<string[]>(["red"], Count)];

    /// <summary>Gets how often the image of each row was read.</summary>
    public int[] ImageReads { get; } = new int[Count];

    public const int Count = 20;

    /// <summary>The labels of a row, one or two: in three rows of four those that a CLIP model finds most like it, else any.</summary>
    public static string[] LabelsOf(int row) => s_labels[row];

    /// <summary>Labels the rows by a CLIP model.</summary>
    public static void Label(string clip)
    {
        var scores = Scores(clip, "{0}");
        s_labels = [.. Enumerable.Range(0, Count).Select(row => row % 4 == 3
            ? new[] { Colours[row % 5], Colours[(row + 2) % 5] }
            : [.. Enumerable.Range(0, 5).OrderByDescending(c => scores[row][c]).Take(1 + row % 2).Select(c => Colours[c])])];
    }

    public static MLImage Picture(int row)
    {
        var (width, height) = (40 + row, 50);
        var pixels = new byte[width * height * 4];
        for (var i = 0; i < width * height; i++)
        {
            var (r, g, b) = s_values[i % width < 25 ? row % 5 : row * row % 5];
            (pixels[4 * i], pixels[4 * i + 1], pixels[4 * i + 2], pixels[4 * i + 3]) = (r, g, b, 255);
        }

        return MLImage.CreateFromPixels(width, height, MLPixelFormat.Rgba32, pixels);
    }

    public IndexedColumn Images() => new("Image", new ImageDataViewType(), row => (ValueGetter<MLImage>)((ref MLImage value) =>
    {
        value?.Dispose();
        value = Picture(row.Index);
        ImageReads[row.Index]++;
    }));

    /// <summary>The rows: Id, Image, Labels, and further columns.</summary>
    public IDataView View(params IndexedColumn[] columns) => View(LabelsOf, columns);

    public IDataView View(Func<int, string[]> labels, params IndexedColumn[] columns) =>
        new IndexedDataView(Count, [IndexedColumn.Text("Id", i => $"{i}"), Images(), IndexedColumn.Texts("Labels", labels), .. columns]);

    public static IndexedColumn Synthetic(Func<int, bool> synthetic) => IndexedColumn.Boolean("IsSynthetic", synthetic);

    /// <summary>The labels as numbers, unknown where the row does not name them.</summary>
    public static IndexedColumn Numbers(params string[] slots) => new(
        "Labels",
        new VectorDataViewType(NumberDataViewType.Single, slots.Length),
        row => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => value = new(slots.Length, [.. slots.Select(s => LabelsOf(row.Index).Contains(s) ? 1 : float.NaN)])),
        Shapes.Slots(slots));

    /// <summary>V of every row by the definition: for each label of the row a softmax over it and the labels that the row does not have.</summary>
    public static float[][] Values(string clip, string template = "{0}") =>
        [.. Scores(clip, template).Select((scores, row) => Definition(scores, [.. Colours.Select(c => LabelsOf(row).Contains(c))]))];

    /// <summary>A threshold that about half of the rows reach that could be kept, far from every V.</summary>
    public static float Middle(float[][] values)
    {
        var least = Enumerable.Range(0, Count).Where(row => Keeps(values[row], row, 0)).Select(row => LabelsOf(row).Min(l => values[row][Array.IndexOf(Colours, l)])).Order().ToArray();
        var at = Enumerable.Range(least.Length / 3, least.Length / 3).MaxBy(i => least[i] - least[i - 1]);
        return (least[at] + least[at - 1]) / 2;
    }

    public static bool Keeps(float[] values, int row, float threshold)
    {
        var targets = LabelsOf(row).Select(l => Array.IndexOf(Colours, l)).ToHashSet();
        return targets.All(t => values[t] > threshold)
            && Enumerable.Range(0, Colours.Length).OrderByDescending(i => values[i]).Take(targets.Count).All(targets.Contains);
    }

    public static string[] Ids(IDataView view) => [.. view.GetColumn<string>("Id")];

    private static float[][] Scores(string clip, string template)
    {
        using var scope = NewDisposeScope();
        using var model = ClipModel.FromPretrained(clip);
        var ids = model.Tokenizer.Tokenize([.. Colours.Select(c => template.Replace("{0}", c))], model.Config.Text.ContextLength);
        return [.. Enumerable.Range(0, Count).Select(row =>
        {
            using var picture = Picture(row);
            return model.forward(model.Preprocessor.Preprocess(ImagePixels.ToTensor(picture)), ids).data<float>().ToArray();
        })];
    }

    private static float[] Definition(float[] scores, bool[] isTarget)
    {
        var targets = Enumerable.Range(0, scores.Length).Where(i => isTarget[i]).ToList();
        var v = new double[scores.Length];
        foreach (var k in targets)
        {
            var group = Enumerable.Range(0, scores.Length).Where(i => i == k || !isTarget[i]).ToList();
            var sum = group.Sum(i => Math.Exp(scores[i]));
            foreach (var i in group)
            {
                v[i] += Math.Exp(scores[i]) / sum / (i == k ? 1 : targets.Count);
            }
        }

        return [.. v.Select(x => (float)x)];
    }
}
