using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ZsMlc.MLNet.Classification;
using ZsMlc.MLNet.Interop;
using ZsMlc.Torch;

namespace ZsMlc.MLNet.Evaluation;

/// <summary>Reads scores and labels of a view and measures them.</summary>
internal static class MultiLabelEvaluator
{
    private const double StandardThreshold = 0.5;

    public static MultiLabelMetrics Evaluate(IHostEnvironment environment, IDataView data, IReadOnlyList<string>? labels, int topK, double? threshold, string labelColumn, string scoreColumn)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfLessThan(topK, 1);
        OptionRange.Check(nameof(threshold), threshold, threshold is null or (>= 0 and <= 1), "0 to 1");
        var scoresOf = Columns.Any(data.Schema, scoreColumn, nameof(scoreColumn));
        if (scoresOf.Type is not VectorDataViewType { ItemType: NumberDataViewType item } || !item.Equals(NumberDataViewType.Single) || Shapes.SlotNamesOf(scoresOf) is not { } slots)
        {
            throw new ArgumentException($"The column '{scoreColumn}' ({nameof(scoreColumn)}) has the type {scoresOf.Type}; expected Vector<Single> with slot names, the scores of a multi-label model.");
        }

        labels ??= slots;
        if (labels.Count == 0)
        {
            throw new ArgumentException("There are no labels to evaluate.", nameof(labels));
        }

        var chosen = labels.Select(l => slots.IndexOf(l)).ToArray();
        if (Array.IndexOf(chosen, -1) is >= 0 and var missing)
        {
            throw new ArgumentException($"The model does not score the label '{labels[missing]}'; the column '{scoreColumn}' has {slots.Count} other labels, such as '{slots[0]}'.", nameof(labels));
        }

        if (labels.Distinct().Count() != labels.Count)
        {
            throw new ArgumentException($"The label '{labels.GroupBy(l => l).First(g => g.Count() > 1).Key}' is listed twice.", nameof(labels));
        }

        var truth = Columns.Labels(data.Schema, labelColumn, nameof(labelColumn));
        List<float> scores = [], targets = [];
        var row = new float[labels.Count];
        using var cursor = data.GetRowCursor([scoresOf, truth]);
        var getter = cursor.GetGetter<VBuffer<float>>(scoresOf);
        var reader = LabelReader.Create(cursor, truth, labels, remedy: null);
        VBuffer<float> values = default;
        while (cursor.MoveNext())
        {
            getter(ref values);
            var dense = values.DenseValues().ToArray();
            scores.AddRange(chosen.Select(c => dense[c]));
            reader.Read(row);
            targets.AddRange(row);
        }

        if (scores.Count == 0)
        {
            throw new InvalidOperationException("The data to evaluate has no rows.");
        }

        var own = ScoreAnnotations.Thresholds(scoresOf);
        MultiLabelMetrics metrics = new(labels, scores.ToArray(), targets.ToArray(), topK, [.. chosen.Select(c => threshold ?? own?[c] ?? StandardThreshold)]);
        if (double.IsNaN(metrics.MeanAveragePrecision))
        {
            environment.Warning(nameof(MultiLabelMetrics), $"None of the {metrics.RowCount} rows has any of the {labels.Count} labels ('{labels[0]}', …) in the column '{labelColumn}', so the mean average precision is not a number. Are the names spelt as in the data?");
        }

        return metrics;
    }

    private static int IndexOf(this IReadOnlyList<string> list, string value)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i] == value)
            {
                return i;
            }
        }

        return -1;
    }
}
