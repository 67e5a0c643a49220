using ZsMlc.MLNet;
using ZsMlc.MLNet.SyntheticData;
using ZsMlc.Samples.Reporting;
using ZsMlc.Samples.Reporting.Comparison;
using ZsMlc.Torch.Classification;

namespace ZsMlc.Samples.ZeroShotCoco;

/// <summary>Puts the figures of an evaluation into a report.</summary>
internal static class CocoReport
{
    private const double Threshold = 0.5;

    public static Report Create(LabelSet labels, IReadOnlyList<MeasuredMethod> methods, IReadOnlyList<(string, int, FusionTrainingResult)> training, IReadOnlyList<SyntheticSample> samples)
    {
        var full = methods[0];
        var accepted = samples.Count(s => s.IsAccepted);
        return new()
        {
            Title = "Zero-shot multi-label classification of photos",
            Headline = FormattableString.Invariant($"{labels.Unseen.Count} labels without a single photo, tagged at {100 * full.ZeroShot.MeanAveragePrecision:0.0} mAP."),
            Created = DateTimeOffset.Now,
            Highlights =
            [
                new(Percent(full.ZeroShot.MeanAveragePrecision), "mAP on the unseen labels", $"F1@3 {Percent(full.ZeroShot.AtTopK.F1)}"),
                new(Percent(full.Generalized.MeanAveragePrecision), "mAP on all labels", $"F1@3 {Percent(full.Generalized.AtTopK.F1)}"),
                .. samples.Count > 0 ? [new Highlight($"{accepted} of {samples.Count}", "generated pictures accepted")] : Array.Empty<Highlight>(),
            ],
            Methods = ComparisonSections.Methods(methods),
            MeasuredOn = $"{full.ZeroShot.RowCount} test photos, {labels.Unseen.Count} unseen and {labels.Seen.Count} seen labels"
                + (full.Generalized.LabelsWithoutPositives.Count is > 0 and var none ? $", {none} of them on no test photo and left out of the means." : "."),
            Acceptance = samples.Count > 0 ? GenerationSections.Acceptance(samples, labels.Unseen) : [],
            Pictures = GenerationSections.Pictures(samples, Threshold),
            Training = ComparisonSections.Training([.. training]),
            Labels = ComparisonSections.Labels(methods),
            PrecisionRecall = ComparisonSections.PrecisionRecall(methods, labels),
            Reliability = ComparisonSections.Reliability(full),
            Tagged = ComparisonSections.Tagged(full.Photos, full, labels, 16),
        };
    }

    private static string Percent(double share) => FormattableString.Invariant($"{100 * share:0.0}");
}
