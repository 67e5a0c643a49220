using TorchSharp;
using ZsMlc.Benchmarks.Harness;
using static TorchSharp.torch;

namespace ZsMlc.Benchmarks;

/// <summary>The machine's ceiling: speed of one large matrix product, to which every other figure is related.</summary>
internal sealed class MatrixProduct : IBenchmark
{
    private const int Size = 2048, Elements = 64 << 20;

    public string Name => "roofline";

    public string Description => $"GFLOP/s of a {Size}×{Size}×{Size} matrix product, and GB/s of a 256 MB copy: the limits that the other tables are measured against.";

    public IReadOnlyList<Measurement> Run(BenchmarkOptions options)
    {
        using var scope = NewDisposeScope();
        var size = options.Smoke ? 64 : Size;
        List<Measurement> rows = [];
        foreach (var type in new[] { ScalarType.Float32, ScalarType.BFloat16 })
        {
            var a = randn(size, size, type, options.Device);
            var b = randn(size, size, type, options.Device);
            var work = 2.0 * size * size * size / 1e9;
            rows.Add(Measurement.Of($"matrix product {type}", "GFLOP/s", Measurement.Time(() => Synchronised(options, () => a.mm(b)), options.Runs).Select(s => work / s)));
        }

        // Into memory that is already mapped: the copy alone, without the kernel's page faults.
        var block = randn(Elements, device: options.Device);
        var target = empty_like(block);
        rows.Add(Measurement.Of("copy (read + write)", "GB/s", Measurement.Time(() => Synchronised(options, () => target.copy_(block).alias()), options.Runs).Select(s => 2 * 4.0 * Elements / 1e9 / s)));
        return rows;
    }

    private static void Synchronised(BenchmarkOptions options, Func<Tensor> work)
    {
        using var result = work();
        if (options.Device.type == DeviceType.CUDA)
        {
            cuda.synchronize();
        }
    }
}
