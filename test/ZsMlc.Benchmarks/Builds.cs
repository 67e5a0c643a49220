using System.Globalization;
using ZsMlc.Benchmarks.Children;
using ZsMlc.Benchmarks.Harness;

namespace ZsMlc.Benchmarks;

/// <summary>This build against an earlier one of this program, in turn, each run in a process of its own.</summary>
internal static class Builds
{
    private static readonly (string Work, int? Batch, string Title)[] s_works =
    [
        ("classify", null, "classify, RN50"),
        ("filter", null, "filter, ViT-B/32"),
        ("train", null, "training step, RN50"),
        ("photos", null, "Transform of photos, RN50"),
        ("photos-micro", null, "Transform of photos, micro classifier"),
        ("generate", 8, "generate, micro, batch 8"),
        ("unet", 1, "UNet step, half width, batch 1"),
        ("unet", 4, "UNet step, half width, batch 4"),
    ];

    /// <summary>Gets the names of the works.</summary>
    public static IEnumerable<string> Works => s_works.Select(w => w.Work).Distinct();

    /// <summary>Seconds a batch and peak memory of both builds, and the earlier one's by this one's.</summary>
    /// <param name="before">The earlier build's <c>ZsMlc.Benchmarks.dll</c>.</param>
    /// <param name="rounds">How often each is started.</param>
    /// <param name="works">Works to compare; empty for all.</param>
    /// <param name="options">What the command line chose.</param>
    public static IReadOnlyList<Measurement> Run(string before, int rounds, IReadOnlyList<string> works, BenchmarkOptions options)
    {
        List<Measurement> rows = [];
        foreach (var (work, batch, title) in s_works.Where(w => works.Count == 0 || works.Contains(w.Work)))
        {
            var own = options with { Batch = options.Smoke ? options.Batch : batch ?? options.Batch };
            foreach (var (_, precision) in DeviceClock.Precisions)
            {
                List<(double Before, double Now)> seconds = [], memory = [];
                for (var round = 0; round < rounds; round++)
                {
                    var (old, now) = (Side(before), Side(typeof(Builds).Assembly.Location));
                    seconds.Add((old.Seconds, now.Seconds));
                    memory.Add((old.Peak, now.Peak));
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{title}, {precision}: before {old.Seconds:0.000} s, now {now.Seconds:0.000} s"));
                }

                rows.AddRange(Compare($"{title}, {precision}", seconds, memory));

                (double Seconds, double Peak) Side(string build)
                {
                    var run = ChildProcess.Of(build, own, [new OurSide().Name, work, precision]);
                    return (SideResult.Seconds(build, run), run.PeakMegabytes);
                }
            }
        }

        return rows;
    }

    private static IEnumerable<Measurement> Compare(string title, List<(double Before, double Now)> seconds, List<(double Before, double Now)> memory)
    {
        var (before, now) = (Measurement.Of($"{title}: before", "s/batch", seconds.Select(s => s.Before)), Measurement.Of($"{title}: now", "s/batch", seconds.Select(s => s.Now)));
        yield return before with { Note = string.Create(CultureInfo.InvariantCulture, $"peak memory {memory.Max(m => m.Before):0} MB") };
        yield return now with { Note = string.Create(CultureInfo.InvariantCulture, $"peak memory {memory.Max(m => m.Now):0} MB") };
        yield return Measurement.Of($"{title}: before by now", "×", seconds.Select(s => s.Before / s.Now)) with { Median = before.Median / now.Median };
    }
}
