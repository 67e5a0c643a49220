using ZsMlc.Torch.Classification;

namespace ZsMlc.MLNet.Evaluation;

/// <summary>Measures of one label, from 0 to 1.</summary>
/// <param name="Label">The label.</param>
/// <param name="Positives">Rows that have the label.</param>
/// <param name="AveragePrecision">Non-interpolated average precision over the rows ranked by score; NaN without positives.</param>
/// <param name="Threshold">Least score at which the label is predicted in <paramref name="AtThreshold"/>.</param>
/// <param name="AtThreshold">Precision and recall of predicting the label where its score reaches the threshold.</param>
public sealed record LabelMetrics(string Label, int Positives, double AveragePrecision, double Threshold, PrecisionRecall AtThreshold);

/// <summary>Measures of multi-label scores on labelled rows, from 0 to 1.</summary>
public sealed class MultiLabelMetrics
{
    internal MultiLabelMetrics(IReadOnlyList<string> labels, ReadOnlySpan<float> scores, ReadOnlySpan<float> targets, int topK, IReadOnlyList<double> thresholds)
    {
        (RowCount, TopK) = (scores.Length / labels.Count, topK);
        var precisions = MultiLabelRanking.AveragePrecision(scores, targets, labels.Count);
        MeanAveragePrecision = MultiLabelRanking.MeanAveragePrecision(precisions);
        AtTopK = MultiLabelRanking.AtTop(scores, targets, labels.Count, topK);
        var predictions = MultiLabelRanking.AtThresholds(scores, targets, thresholds);
        (MicroAtThreshold, FalseTagsPerRow) = (predictions.Micro, predictions.FalsePerRow);
        Reliability = scores.ContainsAnyExceptInRange(0, 1) ? [] : ReliabilityDiagram.Bins(scores, targets);
        var positives = new int[labels.Count];
        for (var i = 0; i < targets.Length; i++)
        {
            positives[i % labels.Count] += targets[i] > 0 ? 1 : 0;
        }

        Labels = [.. labels.Select((l, i) => new LabelMetrics(l, positives[i], precisions[i], thresholds[i], predictions.Labels[i]))];
    }

    /// <summary>Gets the number of rows.</summary>
    public int RowCount { get; }

    /// <summary>Gets the number K of highest labels that <see cref="AtTopK"/> predicts for a row.</summary>
    public int TopK { get; }

    /// <summary>Gets the measures of every label, in the order asked for.</summary>
    public IReadOnlyList<LabelMetrics> Labels { get; }

    /// <summary>Gets the mean of the labels' average precisions; labels without positives are left out. NaN if none has any.</summary>
    public double MeanAveragePrecision { get; }

    /// <summary>Gets precision, recall and F1 of the K highest labels of every row, counted over all rows.</summary>
    public PrecisionRecall AtTopK { get; }

    /// <summary>Gets precision, recall and F1 of predicting each label where its score reaches <see cref="LabelMetrics.Threshold"/>, counted over all rows and labels.</summary>
    public PrecisionRecall MicroAtThreshold { get; }

    /// <summary>Gets the F1 at the threshold over all rows and labels.</summary>
    public double MicroF1 => MicroAtThreshold.F1;

    /// <summary>Gets the mean of the labels' F1 at the threshold; labels without positives are left out. NaN if none has any.</summary>
    public double MacroF1 => Labels.Where(l => l.Positives > 0).Select(l => l.AtThreshold.F1).DefaultIfEmpty(double.NaN).Average();

    /// <summary>Gets the mean number of labels of a row that are predicted at the thresholds but absent.</summary>
    public double FalseTagsPerRow { get; }

    /// <summary>Gets the scores in bins from 0 to 1 with the share of them that was right; empty where scores are not all from 0 to 1.</summary>
    public IReadOnlyList<ReliabilityBin> Reliability { get; }

    /// <summary>Gets the expected calibration error, the mean distance of scores from the shares in <see cref="Reliability"/>, from 0 to 1; NaN where scores are not all from 0 to 1.</summary>
    public double ExpectedCalibrationError => ReliabilityDiagram.ExpectedCalibrationError(Reliability);

    /// <summary>Gets the labels that no row has; they count in neither mean.</summary>
    public IReadOnlyList<string> LabelsWithoutPositives => [.. Labels.Where(l => l.Positives == 0).Select(l => l.Label)];

    /// <summary>Returns the main measures in one line, in percent.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"mAP {100 * MeanAveragePrecision:f2}, P@{TopK} {100 * AtTopK.Precision:f2}, R@{TopK} {100 * AtTopK.Recall:f2}, F1@{TopK} {100 * AtTopK.F1:f2} on {RowCount} rows and {Labels.Count} labels, {LabelsWithoutPositives.Count} of them without positives");
}
