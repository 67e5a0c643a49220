using ZsMlc.Benchmarks.Harness;

namespace ZsMlc.Benchmarks;

/// <summary>Every benchmark of the program, in the order of <c>all</c>.</summary>
internal static class Catalog
{
    public static IReadOnlyList<IBenchmark> All { get; } = [new MatrixProduct()];
}
