using TorchSharp;
using ZsMlc.Benchmarks.Harness;
using static TorchSharp.torch;

namespace ZsMlc.Benchmarks;

/// <summary>The machine's ceiling: speed of one large matrix product, to which every other figure is related.</summary>
internal sealed class MatrixProduct : IBenchmark
{
    private const int Elements = 64 << 20;

    public string Name => "roofline";

    public string Description => "GFLOP/s of a large square matrix product, and GB/s of a 256 MB copy: the limits that the other tables are measured against.";

    public IReadOnlyList<Measurement> Run(BenchmarkOptions options)
    {
        using var scope = NewDisposeScope();
        List<Measurement> rows = [];
        foreach (var (type, _) in DeviceClock.Precisions)
        {
            rows.Add(Measurement.Of($"matrix product {type}", "GFLOP/s", Roofline.Product(type, options)));
        }

        // Into memory that is already mapped: the copy alone, without the kernel's page faults.
        var block = randn(Elements, device: options.Device);
        var target = empty_like(block);
        rows.Add(Measurement.Of("copy (read + write)", "GB/s", Measurement.Time(() => DeviceClock.Run(options, () => target.copy_(block)), options.Runs).Select(s => 2 * 4.0 * Elements / 1e9 / s)));
        return rows;
    }
}
