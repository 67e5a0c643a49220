using System.Globalization;
using ZsMlc.MLNet;
using ZsMlc.MLNet.Evaluation;
using ZsMlc.Torch.Classification;

namespace ZsMlc.Samples.Reporting.Comparison;

/// <summary>The parts of a report that compare methods on the test photos; the main method comes first.</summary>
public static class ComparisonSections
{
    /// <summary>The table of methods.</summary>
    public static IReadOnlyList<MethodResult> Methods(IReadOnlyList<MeasuredMethod> methods) =>
        [.. methods.Select(m => new MethodResult(m.Name, m.Detail, Scores(m.ZeroShot), Scores(m.Generalized)))];

    /// <summary>Average precision of every unseen label.</summary>
    public static IReadOnlyList<LabelPrecision> Labels(IReadOnlyList<MeasuredMethod> methods) =>
        [.. methods[0].ZeroShot.Labels.Select((l, i) => new LabelPrecision(l.Label, [.. methods.Select(m => 100 * m.ZeroShot.Labels[i].AveragePrecision)]))];

    /// <summary>Precision-recall curves: all unseen labels together, then the first ones each.</summary>
    public static IReadOnlyList<LineChart> PrecisionRecall(IReadOnlyList<MeasuredMethod> methods, LabelSet labels, int panels = 8) =>
    [
        Curves("All unseen labels together", methods, [.. labels.Unseen.Select(labels.IndexOf)], labels),
        .. labels.Unseen.Take(panels).Select(l => Curves(l, methods, [labels.IndexOf(l)], labels)),
    ];

    /// <summary>The loss of each training run by epoch, and the validation accuracy of those that have one.</summary>
    /// <param name="runs">Name, place among the methods, and result of each run.</param>
    public static IReadOnlyList<LineChart> Training(params (string Name, int Method, FusionTrainingResult Result)[] runs)
    {
        List<LineChart> charts =
        [
            new("Loss", "epoch", "mean loss of a picture", [.. runs.Select(r => Line(r.Name, r.Method, r.Result.EpochLosses, 1))])
                { Note = "Runs that see other pictures have other losses: compare each with itself." },
        ];
        var validated = runs.Where(r => r.Result.ValidationScores.Count > 0).ToList();
        if (validated.Count > 0)
        {
            charts.Add(new("Validation accuracy", "epoch", "mAP of the seen labels, percent", [.. validated.Select(r => Line(r.Name, r.Method, r.Result.ValidationScores, 100))])
                { Note = "On held-out photos of seen labels; the best epoch is kept." });
        }

        return charts;
    }

    /// <summary>How often labels are there that are scored alike, for the labels of each protocol; nothing where scores are no probabilities.</summary>
    public static IReadOnlyList<LineChart> Reliability(MeasuredMethod method) => method.Generalized.Reliability.Count == 0 ? [] :
    [
        new("Reliability", "score", "share that is right",
            [Reliability("all labels", 0, method.Generalized), Reliability("unseen labels", 1, method.ZeroShot), new("as scores should be", 2, [new(0, 0), new(1, 1)])])
        {
            XRange = (0, 1),
            YRange = (0, 1),
            Note = string.Create(CultureInfo.InvariantCulture,
                $"Expected calibration error {100 * method.Generalized.ExpectedCalibrationError:0.0} %, of the unseen labels {100 * method.ZeroShot.ExpectedCalibrationError:0.0} %. Tags over their label's threshold find {100 * method.Generalized.MicroAtThreshold.Recall:0} % of what is there, with {method.Generalized.FalseTagsPerRow:0.00} false tags a picture."),
        },
    ];

    /// <summary>Test photos with the labels that reach their threshold; photos with unseen labels first.</summary>
    /// <param name="photos">The photos.</param>
    /// <param name="method">Its thresholds are taken.</param>
    /// <param name="labels">The labels of the task.</param>
    /// <param name="count">The most photos to take.</param>
    public static IReadOnlyList<TaggedPicture> Tagged(IEnumerable<ScoredPhoto> photos, MeasuredMethod method, LabelSet labels, int count) =>
        [.. photos.OrderByDescending(p => p.Labels.Any(labels.IsUnseen)).Take(count).Select(p => Tagged(p, method, labels))];

    private static RankingScores Scores(MultiLabelMetrics metrics) =>
        new(100 * metrics.MeanAveragePrecision, 100 * metrics.AtTopK.Precision, 100 * metrics.AtTopK.Recall, 100 * metrics.AtTopK.F1);

    private static LineSeries Line(string name, int method, IReadOnlyList<double> values, double scale) =>
        new(name, method, [.. values.Select((v, i) => new ChartPoint(i + 1, scale * v))]);

    private static LineChart Curves(string title, IReadOnlyList<MeasuredMethod> methods, int[] columns, LabelSet labels) => new(
        title, "recall", "precision",
        [
            .. methods.Select((m, i) => new LineSeries(m.Name, i, PrecisionRecallCurve.Of(
                [.. m.Photos.SelectMany(p => columns.Select(c => p.Score[c]))],
                [.. m.Photos.SelectMany(p => columns.Select(c => p.Labels.Contains(labels.All[c])))]))),
        ])
    {
        XRange = (0, 1),
        YRange = (0, 1),
    };

    private static LineSeries Reliability(string name, int colour, MultiLabelMetrics metrics) =>
        new(name, colour, [.. metrics.Reliability.Select(b => new ChartPoint(b.MeanScore, b.PositiveShare))]);

    private static TaggedPicture Tagged(ScoredPhoto photo, MeasuredMethod method, LabelSet labels)
    {
        var tags = method.Tags(photo).Select(c => new Tag(labels.All[c], photo.Score[c], photo.Labels.Contains(labels.All[c]), labels.IsUnseen(labels.All[c]))).ToList();
        var missed = photo.Labels.Except(tags.Select(t => t.Label)).ToList();
        return new(Thumbnail.Read(photo.ImagePath, $"Test picture with {string.Join(", ", photo.Labels)}"), tags, missed);
    }
}
