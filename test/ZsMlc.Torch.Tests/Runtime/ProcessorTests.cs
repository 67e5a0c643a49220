using System.Runtime.Intrinsics.X86;
using ZsMlc.Torch.Runtime;

namespace ZsMlc.Torch.Tests.Runtime;

[TestClass]
public sealed class ProcessorTests
{
    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void This_Processor_IsTheOneThatTheSystemDescribes()
    {
        if (Processor.This is not { } processor)
        {
            Assert.IsFalse(X86Base.IsSupported);
            return;
        }

        var lines = File.ReadLines("/proc/cpuinfo").TakeWhile(l => l.Length > 0).ToList();
        var flags = lines.Single(l => l.StartsWith("flags", StringComparison.Ordinal)).Split(' ').ToHashSet();
        Assert.AreEqual(lines.Any(l => l.EndsWith("GenuineIntel", StringComparison.Ordinal)), processor.IsIntel);
        Assert.AreEqual(processor.Avx512 && flags.Contains("avx512_bf16"), processor.BFloat16);
        Assert.AreEqual(processor.Avx512 && flags.Contains("avx512_fp16"), processor.Float16);

        // Older kernels have no names for these, and may not let programs use AMX.
        Assert.IsTrue(processor.Amx || !flags.Contains("amx_bf16") || !processor.Avx512);
        Assert.IsTrue(processor.Converts || !flags.Contains("avx_ne_convert"));
        Assert.IsFalse(processor.Avx512 && !flags.Contains("avx512vl"));
    }
}
