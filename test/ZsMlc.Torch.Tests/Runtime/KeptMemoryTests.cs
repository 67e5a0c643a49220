using System.Globalization;
using TorchSharp;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Runtime;

[TestClass]
public sealed class KeptMemoryTests
{
    private const int Blocks = 40;

    [TestMethod]
    [DataRow(TaskCreationOptions.None, DisplayName = "on a thread of the pool")]
    [DataRow(TaskCreationOptions.LongRunning, DisplayName = "on a new thread")]
    public Task Run_LastOfTwo_GivesFreedMemoryBack(TaskCreationOptions thread) => Task.Factory.StartNew(GiveFreedMemoryBack, CancellationToken.None, thread, TaskScheduler.Default);

    private static void GiveFreedMemoryBack()
    {
        if (!GnuLibrary.IsPresent)
        {
            Assert.Inconclusive("The system has another C library.");
        }

        // What the tests before this one left is neither kept nor found free.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        KeptMemory.Begin();
        GnuLibrary.Trim();
        var first = KeptMemory.Run();
        var second = KeptMemory.Run();
        var before = ResidentMegabytes();
        Fill();
        var filled = ResidentMegabytes();
        Assert.IsGreaterThan(before + Blocks / 2, filled);

        first.Dispose();
        first.Dispose();
        KeptMemory.GiveBack();
        Assert.IsGreaterThan(filled - Blocks / 4, ResidentMegabytes(), "while a run goes on");
        second.Dispose();
        Assert.IsLessThan(filled - Blocks / 2, ResidentMegabytes(), "after the last run");
    }

    private static void Fill()
    {
        using var scope = NewDisposeScope();
        for (var i = 0; i < Blocks; i++)
        {
            ones(1 << 18, ScalarType.Float32);
        }
    }

    private static double ResidentMegabytes()
    {
        var line = File.ReadLines("/proc/self/status").Single(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line["VmRSS:".Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) / 1024;
    }
}
