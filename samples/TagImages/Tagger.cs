using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using ZsMlc.MLNet;
using ZsMlc.MLNet.Datasets;

namespace ZsMlc.Samples.TagImages;

/// <summary>A picture as the model reads it. The size in the attribute is a formality: pictures of any size do.</summary>
public sealed class Photo
{
    [ImageType(1, 1)]
    public MLImage Image { get; set; } = null!;
}

/// <summary>What the model says about a picture.</summary>
public sealed class PhotoScores
{
    public float[] Score { get; set; } = [];
}

/// <summary>What the model says about a picture file.</summary>
public sealed class FileScores
{
    public string ImagePath { get; set; } = "";

    public float[] Score { get; set; } = [];
}

/// <summary>A label and its probability, 0 to 1.</summary>
public sealed record Tag(string Label, float Score);

/// <summary>A loaded model and its labels. Safe for use by many threads; the network runs one picture or batch at a time.</summary>
public sealed class Tagger : IDisposable
{
    private readonly MLContext _ml = new();
    private readonly ITransformer _model;
    private readonly PredictionEngine<Photo, PhotoScores> _engine;
    private readonly double[] _thresholds;
    private readonly Lock _turn = new();

    /// <summary>Loads the classifier of a saved model; a damaged file is refused.</summary>
    public Tagger(string path, int? gpu = null)
    {
        _ml.GpuDeviceId = gpu;
        _ml.FallbackToCpu = true;
        _model = _ml.MultiLabelClassification.Load(path);
        _engine = _ml.Model.CreatePredictionEngine<Photo, PhotoScores>(_model);

        var scores = _engine.OutputSchema["Score"];
        VBuffer<ReadOnlyMemory<char>> names = default;
        scores.GetSlotNames(ref names);
        Labels = [.. names.DenseValues().Select(name => name.ToString())];
        VBuffer<double> thresholds = default;
        scores.Annotations.GetValue("Thresholds", ref thresholds);
        _thresholds = [.. thresholds.DenseValues()];
    }

    public IReadOnlyList<string> Labels { get; }

    /// <summary>The tags of one picture, the likeliest first.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="top">The most tags.</param>
    /// <param name="threshold">The least probability of a tag; null for the label's own threshold, which the model carries.</param>
    public IReadOnlyList<Tag> Tag(MLImage image, int top, float? threshold = null)
    {
        lock (_turn)
        {
            return Tags(_engine.Predict(new Photo { Image = image }).Score, top, threshold);
        }
    }

    /// <summary>The tags of picture files, read and scored in batches while the result is enumerated; in the order of the files.</summary>
    /// <param name="files">Paths.</param>
    /// <param name="top">The most tags of a picture.</param>
    /// <param name="threshold">The least probability of a tag; null for the label's own threshold, which the model carries.</param>
    /// <param name="options">How pictures are read, and who is told of those that are left out.</param>
    public IEnumerable<(string Path, IReadOnlyList<Tag> Tags)> TagFiles(IReadOnlyList<string> files, int top, float? threshold, ImageDataOptions options)
    {
        var photos = _ml.Data.LoadImagesFromFiles(files, options);
        foreach (var row in _ml.Data.CreateEnumerable<FileScores>(_model.Transform(photos), reuseRowObject: true))
        {
            yield return (row.ImagePath, Tags(row.Score, top, threshold));
        }
    }

    public void Dispose()
    {
        _engine.Dispose();
        (_model as IDisposable)?.Dispose();
    }

    private Tag[] Tags(float[] scores, int top, float? threshold) =>
    [
        .. scores.Select((score, i) => (Tag: new Tag(Labels[i], score), Least: threshold ?? _thresholds[i]))
            .Where(t => t.Tag.Score >= t.Least).Select(t => t.Tag).OrderByDescending(tag => tag.Score).Take(top),
    ];
}
