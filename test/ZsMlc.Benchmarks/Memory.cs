using System.Globalization;
using ZsMlc.Benchmarks.Children;
using ZsMlc.Benchmarks.Harness;

namespace ZsMlc.Benchmarks;

/// <summary>Peak memory, each figure from a process of its own.</summary>
internal sealed class Memory : IBenchmark
{
    public string Name => "memory";

    public string Description => "Peak resident memory of scoring and training (RN50), and of sampling with gradients by the number of steps: with all activations kept, and with UNet blocks computed again.";

    public IReadOnlyList<Measurement> Run(BenchmarkOptions options)
    {
        List<Measurement> rows = [];
        foreach (var work in new[] { "transform", "train" })
        {
            foreach (var (_, name) in DeviceClock.Precisions)
            {
                rows.Add(Case(options, $"{work}, {name}, batch {options.Batch}", work, name));
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

    private static Measurement Case(BenchmarkOptions options, string name, params string[] arguments)
    {
        var figures = ChildProcess.Self(options, [new MemoryCase().Name, .. arguments]).Lines[0].Split(' ').Select(v => double.Parse(v, CultureInfo.InvariantCulture)).ToArray();
        return Measurement.Single(name, "MB", figures[1], string.Create(CultureInfo.InvariantCulture, $"{figures[1] - figures[0]:0} MB more than before the work"));
    }
}
