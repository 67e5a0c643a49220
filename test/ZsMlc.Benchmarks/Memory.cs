using System.Globalization;
using ZsMlc.Benchmarks.Children;
using ZsMlc.Benchmarks.Harness;

namespace ZsMlc.Benchmarks;

/// <summary>Peak memory, each figure from a process of its own.</summary>
internal sealed class Memory : IBenchmark
{
    public string Name => "memory";

    public string Description => "Peak resident memory of scoring and training (RN50) and what of it is left behind the work, with memory kept during a run and without; and the peak of sampling with gradients by the number of steps: with all activations kept, and with UNet blocks computed again.";

    public IReadOnlyList<Measurement> Run(BenchmarkOptions options)
    {
        List<Measurement> rows = [];
        foreach (var work in new[] { "transform", "train" })
        {
            foreach (var (_, name) in DeviceClock.Precisions)
            {
                rows.AddRange(Kept(options, $"{work}, {name}, batch {options.Batch}", work, name));
            }
        }

        foreach (var how in new[] { "keep", "recompute" })
        {
            foreach (var steps in options.Smoke ? new[] { 1 } : [1, 2, 4, 8, 16])
            {
                rows.Add(Case(options, $"gradients through {steps} steps, {(how == "keep" ? "activations kept" : "blocks computed again")}", "gradients", steps.ToString(CultureInfo.InvariantCulture), how));
            }
        }

        return rows;
    }

    /// <summary>Peak and rest of a work whose process keeps freed memory during a run, as the library sets it, and of one that gives it back at once.</summary>
    private static IEnumerable<Measurement> Kept(BenchmarkOptions options, string name, params string[] arguments)
    {
        var (kept, plain) = (Figures(options, "1", arguments), Figures(options, "0", arguments));
        foreach (var (what, index) in new[] { ("peak", 1), ("at rest behind it", 2) })
        {
            yield return Measurement.Single($"{name}: {what}", "MB", kept[index], string.Create(CultureInfo.InvariantCulture, $"{kept[index] - kept[0]:0} MB more than before the work"));
            yield return Measurement.Single($"{name}: {what}, ZSMLC_PROCESS_SETTINGS=0", "MB", plain[index], string.Create(CultureInfo.InvariantCulture, $"with memory kept {kept[index] / plain[index]:0.00} times this"));
        }
    }

    private static Measurement Case(BenchmarkOptions options, string name, params string[] arguments)
    {
        var figures = Figures(options, "1", arguments);
        return Measurement.Single(name, "MB", figures[1], string.Create(CultureInfo.InvariantCulture, $"{figures[1] - figures[0]:0} MB more than before the work"));
    }

    private static double[] Figures(BenchmarkOptions options, string settings, string[] arguments)
    {
        Dictionary<string, string?> environment = new() { ["ZSMLC_PROCESS_SETTINGS"] = settings };
        var run = ChildProcess.Of(typeof(Memory).Assembly.Location, options, [new MemoryCase().Name, .. arguments], environment);
        return [.. run.Lines[0].Split(' ').Select(v => double.Parse(v, CultureInfo.InvariantCulture))];
    }
}
