using ZsMlc.Benchmarks.Harness;
using ZsMlc.MicroModels;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Diffusion.Schedulers;

namespace ZsMlc.Benchmarks.AcceptedImages;

/// <summary>What an accepted image costs, by recipe, what judging previews saves of it, and what the images are worth.</summary>
internal sealed class Accepted : IBenchmark
{
    // Images of a pair of labels; half of them set the preview's threshold, the other half are measured.
    private const int Count = 400;

    private static readonly double[] s_losses = [0.02, 0.01, 0.1];

    public string Name => "accepted";

    public bool IsLong => true;

    public string Description =>
        $"Micro models, {Count} pictures of two unseen labels: denoiser calls (a row of the batch; two under guidance; one that reuses deep features by its share of the multiply-adds), seconds and decoded images an accepted image. Two-stage: given up at a preview step below the V that loses a share of the accepted of the first half; figures of the second half. With --seeds also the unseen labels' mAP of classifiers trained on accepted images of one and two labels, and the calls that these took.";

    public IReadOnlyList<Measurement> Run(BenchmarkOptions options)
    {
        using var scratch = new ScratchFolder();
        var micro = ZeroShotModels.Micro;
        var kept = new Kept(options.Work ?? scratch.Path, $"{CheckpointFingerprint.Compute(micro.Diffusion)} {CheckpointFingerprint.Compute(micro.Clip)} {options.Device} {options.Threads} {options.Smoke} {Clock.CountsProcessorTime}");
        List<Measurement> rows = [];
        List<Source> sources = [];
        var recipes = Recipe.All(SchedulerConfig.FromPretrained(micro.Diffusion)).Where(r => !options.Smoke || r.Sampling is { Steps: 6, GuidanceScale: 1 });
        foreach (var recipe in recipes.Where(r => r.Name.Contains(options.Only, StringComparison.Ordinal)))
        {
            var encoder = recipe.IsTuned ? TunedEncoder.Ensure(options, kept) : null;
            using var studio = new Studio(options, kept, options.Smoke ? 4 : Count, encoder);
            var source = new Source(recipe.Name, recipe.Sampling, encoder);
            Add(rows, recipe, source, studio);
            sources.Add(recipe.PreviewSteps is [var step, ..] ? Staged(source, step, s_losses[0], studio) : source);
        }

        rows.AddRange(new Downstream(options, kept).Run(sources));
        return rows;
    }

    private static void Add(List<Measurement> rows, Recipe recipe, Source source, Studio studio)
    {
        var (half, whole) = (studio.Count / 2, studio.Paint(source, ..));
        if (recipe.PreviewSteps.Length == 0)
        {
            Add(rows, source.Name, whole, $"{100.0 * whole.AcceptedCount / whole.Accepted.Length:0} % accepted{ShareOf(source, studio)}");
        }

        foreach (var step in recipe.PreviewSteps)
        {
            foreach (var loss in s_losses)
            {
                var tried = studio.Paint(source with { PreviewStep = step }, ..half);
                var staged = Staged(source, step, loss, studio);
                var (painted, kept) = (studio.Paint(staged, half..), whole.Accepted[half..]);
                var lost = kept.Where((accepted, i) => accepted && !painted.Accepted[i]).Count();
                Add(rows, staged.Name, painted,
                    FormattableString.Invariant($"V {staged.Threshold:0.000}, AUC {tried.AreaUnderCurve():0.00}; {painted.GivenUp} of {kept.Count(a => !a)} rejected and {lost} of {kept.Count(a => a)} accepted ones given up"));
            }
        }
    }

    private static string ShareOf(Source source, Studio studio) =>
        source.Sampling.FeatureReuse > 0 ? FormattableString.Invariant($"; a reusing call counts {studio.Price.ReusingShare:0.00}") : "";

    /// <summary>The same source with a threshold that the first half of the wishes sets.</summary>
    private static Source Staged(Source source, int step, double loss, Studio studio) => source with
    {
        Name = FormattableString.Invariant($"{source.Name}, preview at {step}, loss {100 * loss:0} %"),
        PreviewStep = step,
        Threshold = studio.Paint(source with { PreviewStep = step }, ..(studio.Count / 2)).ThresholdOf(loss),
    };

    private static void Add(List<Measurement> rows, string name, Painted painted, string note)
    {
        var accepted = Math.Max(1, painted.AcceptedCount);
        rows.Add(Measurement.Single($"{name}: denoiser calls", "an accepted image", painted.DenoiserCalls / accepted, note));
        rows.Add(Measurement.Single($"{name}: seconds", "s an accepted image", painted.Seconds / accepted));
        rows.Add(Measurement.Single($"{name}: decoded", "an accepted image", (double)painted.Decoded / accepted));
    }
}
