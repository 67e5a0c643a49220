using Microsoft.ML;
using ZsMlc.MLNet;
using ZsMlc.MLNet.Evaluation;

namespace ZsMlc.Samples.Reporting.Comparison;

/// <summary>A way to score the test photos, and how good its scores are.</summary>
/// <param name="Name">Its name in tables and charts.</param>
/// <param name="Detail">What sets it apart from the others.</param>
/// <param name="ZeroShot">Figures among the unseen labels alone (ZSL).</param>
/// <param name="Generalized">Figures among all labels (GZSL).</param>
/// <param name="Photos">The test photos with their scores, in the order of <see cref="LabelSet.All"/>.</param>
public sealed record MeasuredMethod(string Name, string Detail, MultiLabelMetrics ZeroShot, MultiLabelMetrics Generalized, IReadOnlyList<ScoredPhoto> Photos)
{
    /// <summary>Measures a method under both protocols, K = 3.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="name">Its name.</param>
    /// <param name="detail">What sets it apart.</param>
    /// <param name="scored">Rows with <c>ImagePath</c>, <c>Labels</c> and <c>Score</c>.</param>
    /// <param name="labels">The labels of the task.</param>
    public static MeasuredMethod Of(MLContext ml, string name, string detail, IDataView scored, LabelSet labels)
    {
        // With the cache the network scores each photo once, however often the rows are read.
        var scores = ml.Data.Cache(scored, "ImagePath", "Labels", "Score");
        return new(
            name, detail,
            ml.MultiLabelClassification.Evaluate(scores, labels.Unseen, topK: 3),
            ml.MultiLabelClassification.Evaluate(scores, labels.All, topK: 3),
            [.. ml.Data.CreateEnumerable<ScoredPhoto>(scores, reuseRowObject: false)]);
    }

    /// <summary>The labels of a photo that reach their threshold, the highest first, as places in <see cref="LabelSet.All"/>.</summary>
    public IEnumerable<int> Tags(ScoredPhoto photo) => Enumerable.Range(0, photo.Score.Length)
        .Where(c => photo.Score[c] >= Generalized.Labels[c].Threshold).OrderByDescending(c => photo.Score[c]);
}
