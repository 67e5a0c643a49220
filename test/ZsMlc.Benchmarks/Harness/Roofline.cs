using TorchSharp;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Benchmarks.Harness;

/// <summary>The speed of a large matrix product on the machine as it is now: no network is faster.</summary>
internal static class Roofline
{
    private const int Size = 2048;

    /// <summary>GFLOP/s of each run.</summary>
    public static IReadOnlyList<double> Product(ScalarType type, BenchmarkOptions options)
    {
        using var scope = NewDisposeScope();
        var size = options.Smoke ? 64 : Size;
        var a = randn(size, size, type, options.Device);
        var b = randn(size, size, type, options.Device);
        var work = 2.0 * size * size * size / 1e9;
        return [.. Measurement.Time(() => DeviceClock.Run(options, () => a.mm(b)), options.Runs).Select(s => work / s)];
    }

    /// <summary>The share of the matrix product that a network reaches, measured right behind it.</summary>
    /// <param name="name">What was measured.</param>
    /// <param name="gflops">What it reached, in GFLOP/s.</param>
    /// <param name="type">The element type that was asked for.</param>
    /// <param name="options">What the command line chose.</param>
    public static Measurement Share(string name, double gflops, ScalarType type, BenchmarkOptions options)
    {
        var product = Measurement.Of("", "", Product(HalfPrecision.Computed(type, options.Device), options)).Median;
        return Measurement.Single($"{name}: share of the matrix product", "%", 100 * gflops / product, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{gflops:0} of {product:0} GFLOP/s"));
    }
}
