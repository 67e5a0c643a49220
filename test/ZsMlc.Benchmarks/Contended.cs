using System.Globalization;
using ZsMlc.Benchmarks.Children;
using ZsMlc.Benchmarks.Harness;

namespace ZsMlc.Benchmarks;

/// <summary>
/// How our works get on beside other programs: on an otherwise idle machine and beside one busy process a core, with threads
/// that wait in three ways. Every figure comes from a process of its own, since OpenMP reads its settings once.
/// </summary>
internal sealed class Contended : IBenchmark
{
    // A few per cent between ways of waiting are below what a machine's speed drifts within minutes, so idle figures are many and compared within their round.
    private const int IdleRounds = 15, BusyRounds = 9;

    private static readonly (string Name, Dictionary<string, string?> Environment)[] s_waits =
    [
        ("spinning", new() { ["GOMP_SPINCOUNT"] = "300000", ["OMP_WAIT_POLICY"] = null }),
        ("as the library sets it", new() { ["GOMP_SPINCOUNT"] = null, ["OMP_WAIT_POLICY"] = null }),
        ("passive", new() { ["GOMP_SPINCOUNT"] = null, ["OMP_WAIT_POLICY"] = "passive" }),
    ];

    // A quarter of a batch: the busy runs take long enough.
    private static readonly (string Work, string Title, Func<BenchmarkOptions, int> Batch)[] s_works =
    [
        ("micro", "micro classifier through Transform", o => o.Batch),
        ("classify", "RN50 classifier", o => Math.Max(1, o.Batch / 4)),
        ("train", "RN50 training step", o => Math.Max(2, o.Batch / 4)),
        ("generate", "micro generation, 20 steps", o => Math.Max(1, o.Batch / 4)),
    ];

    public string Name => "contended";

    public string Description => $"Milliseconds an image, idle and beside one busy process a core, and the ratio of the two (2 is the fair share): OpenMP's threads spinning (GOMP_SPINCOUNT=300000, OpenMP's default), as the library sets it, and passive (OMP_WAIT_POLICY=passive). Medians of rounds in turn, {IdleRounds} idle and {BusyRounds} beside others.";

    public IReadOnlyList<Measurement> Run(BenchmarkOptions options)
    {
        List<Measurement> rows = [];
        foreach (var (work, title, batch) in s_works.Where(w => w.Work.Contains(options.Only, StringComparison.Ordinal)).Take(options.Smoke ? 1 : s_works.Length))
        {
            var own = options with { Batch = batch(options) };
            var idle = InTurn(work, own, options.Smoke ? 1 : IdleRounds, $"{title}, idle", () => null);
            var busy = InTurn(work, own, options.Smoke ? 1 : BusyRounds, $"{title}, beside busy processes", () => new BusyProcesses(options));
            foreach (var (i, (wait, _)) in s_waits.Index())
            {
                var ratios = Measurement.Of(wait, "", idle[i].Zip(idle[0], (own, spinning) => own / spinning));
                rows.Add(Measurement.Of($"{title}, {wait}, idle", "ms/image", idle[i]) with { Note = string.Create(CultureInfo.InvariantCulture, $"{ratios.Median:0.00} times spinning, median of {ratios.Runs} rounds") });
                var beside = Measurement.Of($"{title}, {wait}, beside busy processes", "ms/image", busy[i]);
                rows.Add(beside with { Note = string.Create(CultureInfo.InvariantCulture, $"{beside.Median / rows[^1].Median:0.0} times idle") });
            }
        }

        return rows;
    }

    /// <summary>Milliseconds an image in every round, for each way of waiting.</summary>
    private static IReadOnlyList<IReadOnlyList<double>> InTurn(string work, BenchmarkOptions options, int rounds, string title, Func<IDisposable?> company)
    {
        var found = s_waits.Select(_ => new List<double>()).ToList();
        for (var round = 0; round < rounds; round++)
        {
            foreach (var ((wait, environment), figures) in s_waits.Zip(found))
            {
                using var busy = company();
                figures.Add(Milliseconds(work, options, environment));
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{title}, {wait}: {figures[^1]:0.00} ms"));
            }
        }

        return found;
    }

    private static double Milliseconds(string work, BenchmarkOptions options, Dictionary<string, string?> environment) =>
        1000 / (double)options.Batch * SideResult.Seconds(work, ChildProcess.Of(typeof(Contended).Assembly.Location, options, [new OurSide().Name, work, "fp32"], environment));

    /// <summary>One busy process a core, until it is disposed.</summary>
    private sealed class BusyProcesses : IDisposable
    {
        private readonly List<PacedChild> _processes;

        public BusyProcesses(BenchmarkOptions options)
        {
            _processes = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new PacedChild(options, new BusyLoop().Name))];

            // Until they have started .NET and spin.
            Thread.Sleep(options.Smoke ? 0 : 1500);
        }

        public void Dispose() => _processes.ForEach(p => p.Dispose());
    }
}
