using ZsMlc.Benchmarks.AcceptedImages;
using ZsMlc.Benchmarks.BulkTagging;
using ZsMlc.Benchmarks.Children;
using ZsMlc.Benchmarks.Harness;

namespace ZsMlc.Benchmarks;

/// <summary>Every benchmark of the program, in the order of <c>all</c>.</summary>
internal static class Catalog
{
    public static IReadOnlyList<IBenchmark> All { get; } =
        [new MatrixProduct(), new Classify(), new Train(), new Filter(), new Generate(), new Accepted(), new Diffusion(), new Contended(), new PipelineOverhead(), new Decode(), new Bulk(), new ColdStart(), new Memory(), new Soak(), new Precision()];

    /// <summary>Parts of benchmarks that run in processes of their own.</summary>
    public static IReadOnlyList<IChild> Children { get; } = [new FirstScore(), new MemoryCase(), new OurSide(), new BusyLoop(), new PacedReader()];
}
