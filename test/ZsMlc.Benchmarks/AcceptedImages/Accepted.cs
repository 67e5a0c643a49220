using ZsMlc.Benchmarks.Harness;

namespace ZsMlc.Benchmarks.AcceptedImages;

/// <summary>What an accepted image costs, by recipe, and what judging previews saves of it.</summary>
internal sealed class Accepted : IBenchmark
{
    // Images of a pair of labels; half of them set the preview's threshold, the other half are measured.
    private const int Wishes = 400;

    private static readonly double[] s_losses = [0.02, 0.05, 0.1];

    public string Name => "accepted";

    public bool IsLong => true;

    public string Description =>
        $"Micro models, {Wishes} pictures of two unseen labels: denoiser calls (a row of the batch; two under guidance), seconds and decoded images an accepted image. Two-stage: given up at a preview step below the V that loses a share of the accepted of the first half; figures of the second half. With --seeds also the unseen labels' mAP of a classifier trained on them.";

    public IReadOnlyList<Measurement> Run(BenchmarkOptions options)
    {
        List<Measurement> rows = [];
        using var studio = new Studio(options, options.Smoke ? 4 : Wishes);
        var half = studio.Wishes / 2;
        var recipes = Recipe.All(studio.Scheduler);
        foreach (var recipe in options.Smoke ? recipes.TakeLast(1) : recipes)
        {
            var whole = studio.Paint(recipe.Sampling, ..);
            Add(rows, recipe.Name, whole, $"{100.0 * whole.AcceptedCount / whole.Accepted.Length:0} % accepted");
            foreach (var step in recipe.PreviewSteps)
            {
                var tried = studio.Paint(recipe.Sampling, ..half, step);
                foreach (var loss in options.Smoke ? s_losses[..1] : s_losses)
                {
                    var threshold = tried.ThresholdOf(loss);
                    var staged = studio.Paint(recipe.Sampling, half.., step, threshold);
                    var kept = whole.Accepted[half..];
                    var lost = kept.Where((accepted, i) => accepted && !staged.Accepted[i]).Count();
                    Add(rows, FormattableString.Invariant($"{recipe.Name}; preview at {step}, loss {100 * loss:0} %"), staged,
                        FormattableString.Invariant($"V {threshold:0.000}, AUC {tried.AreaUnderCurve():0.00}; {staged.GivenUp} of {kept.Count(a => !a)} rejected and {lost} of {kept.Count(a => a)} accepted ones given up"));
                }
            }
        }

        rows.AddRange(Enumerable.Range(1, options.Seeds).SelectMany(seed => new Downstream(options, seed).Run(recipes)));
        return rows;
    }

    private static void Add(List<Measurement> rows, string name, Painted painted, string note)
    {
        var accepted = Math.Max(1, painted.AcceptedCount);
        rows.Add(Measurement.Single($"{name}: denoiser calls", "an accepted image", (double)painted.DenoiserCalls / accepted, note));
        rows.Add(Measurement.Single($"{name}: seconds", "s an accepted image", painted.Seconds / accepted));
        rows.Add(Measurement.Single($"{name}: decoded", "an accepted image", (double)painted.Decoded / accepted));
    }
}
