using TorchSharp;
using ZsMlc.Samples.Reporting;
using ZsMlc.Samples.Reporting.Comparison;

namespace ZsMlc.Samples.Quickstart;

/// <summary>Puts the result of a run into a report.</summary>
internal static class QuickstartReport
{
    public static Report Create(QuickstartOptions options, JobResult result)
    {
        var labels = result.Labels;
        var (full, photosAlone, clip) = (result.Methods[0], result.Methods[1], result.Methods[2]);
        var accepted = result.Samples.Count(s => s.IsAccepted);
        return new()
        {
            Title = "Zero-shot tagging on the micro world",
            Headline = result.Headline,
            Created = DateTimeOffset.Now,
            Highlights =
            [
                new(Number(result.Map(0)), "mAP on the unseen labels", $"{result.Against(2)} zero-shot CLIP"),
                new(Number(100 * full.Generalized.MeanAveragePrecision), "mAP on all labels", $"{Number(100 * clip.Generalized.MeanAveragePrecision)} with zero-shot CLIP"),
                new($"{accepted} of {result.Samples.Count}", "generated pictures accepted", FormattableString.Invariant($"{100.0 * accepted / Math.Max(1, result.Samples.Count):0} %")),
                new(FormattableString.Invariant($"{result.Duration.TotalMinutes:0.0} min"), "from photos to this report", Device(options)),
            ],
            Methods = ComparisonSections.Methods(result.Methods),
            MeasuredOn = $"{full.ZeroShot.RowCount} test pictures that no training saw, {labels.Unseen.Count} unseen and {labels.Seen.Count} seen labels.",
            Acceptance = GenerationSections.Acceptance(result.Samples, labels.Unseen),
            Pictures = GenerationSections.Pictures(result.Samples, Job.Threshold),
            Training = ComparisonSections.Training((full.Name, 0, result.Training), (photosAlone.Name, 1, result.PhotosOnly)),
            Labels = ComparisonSections.Labels(result.Methods),
            PrecisionRecall = ComparisonSections.PrecisionRecall(result.Methods, labels),
            Reliability = ComparisonSections.Reliability(full),
            Tagged = ComparisonSections.Tagged(result.Tagged, full, labels, result.Tagged.Count),
            Steps = result.Steps,
            Settings =
            [
                new("Unseen labels", string.Join(", ", labels.Unseen)), new("Accepted pictures a label", $"{options.ImagesPerLabel} asked for"),
                new("Prompts", options.Prompts.Identity), new("Epochs", $"{options.Epochs}"), new("Seed", $"{options.Seed}"), new("Device", Device(options)),
                new("Models", "micro CLIP and micro latent diffusion, embedded in the package"),
            ],
        };
    }

    private static string Device(QuickstartOptions options) => options.Gpu is { } gpu ? $"GPU {gpu}" : torch.get_num_threads() is var threads and > 1 ? $"CPU, {threads} threads" : "CPU, 1 thread";

    private static string Number(double percent) => FormattableString.Invariant($"{percent:0.0}");
}
