using ZsMlc.DeviceCheck.Harness;
using ZsMlc.DeviceCheck.Steps;

namespace ZsMlc.DeviceCheck;

/// <summary>The steps in the order in which they say most about a machine that nothing has run on yet.</summary>
internal static class Catalog
{
    public static IReadOnlyList<ICheckStep> Steps { get; } =
    [
        new Symbols(),
        new LoadedLibraries(),
        new GoldenOnCpu(),
        new GoldenOnDevice(),
        new Throughput(),
        .. FullSize.Parts,
        new OutOfMemory(),
        new MicroChain(),
    ];
}
