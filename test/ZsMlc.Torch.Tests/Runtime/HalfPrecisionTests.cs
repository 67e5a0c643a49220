using System.Runtime.Intrinsics.X86;
using TorchSharp;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Runtime;

[TestClass]
public sealed class HalfPrecisionTests
{
    [TestMethod]
    public void Computed_FloatingTypes_HalfPrecisionAloneMayBeReplacedAndOnCpusAlone()
    {
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64 })
        {
            Assert.AreEqual(type, HalfPrecision.Computed(type, CPU));
        }

        foreach (var type in new[] { ScalarType.BFloat16, ScalarType.Float16 })
        {
            Assert.AreEqual(type, HalfPrecision.Computed(type, META));
            Assert.AreEqual(HalfPrecision.IsSlow(type, CPU) ? ScalarType.Float32 : type, HalfPrecision.Computed(type, CPU));
        }
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void IsSlow_ThisProcessor_FollowsItsFlags()
    {
        if (!X86Base.IsSupported)
        {
            Assert.IsFalse(HalfPrecision.IsSlow(ScalarType.BFloat16, CPU) || HalfPrecision.IsSlow(ScalarType.Float16, CPU));
            return;
        }

        var lines = File.ReadLines("/proc/cpuinfo").TakeWhile(l => l.Length > 0).ToList();
        var flags = lines.Single(l => l.StartsWith("flags", StringComparison.Ordinal)).Split(' ').ToHashSet();
        var isIntel = lines.Any(l => l.EndsWith("GenuineIntel", StringComparison.Ordinal));
        var converts = flags.Contains("avx_ne_convert");
        Assert.AreEqual(!(converts || flags.Contains("amx_bf16") || (flags.Contains("avx512_bf16") && !(isIntel && flags.Contains("avx512_fp16")))), HalfPrecision.IsSlow(ScalarType.BFloat16, CPU));
        Assert.AreEqual(!(converts || flags.Contains("avx512_fp16")), HalfPrecision.IsSlow(ScalarType.Float16, CPU));
    }

    [TestMethod]
    [DataRow(ScalarType.BFloat16)]
    [DataRow(ScalarType.Float16)]
    [DataRow(ScalarType.Float32)]
    public void Wide_Network_IsACopyInSinglePrecisionWhereItsTypeIsSlow(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var network = Network();
        network.to(type);
        nn.Module<Tensor, Tensor>? wide;
        using (inference_mode())
        {
            wide = HalfPrecision.Wide(network, Network);
        }

        Assert.AreEqual(HalfPrecision.IsSlow(type, CPU), wide is not null);
        foreach (var (name, weight) in network.state_dict())
        {
            Assert.AreEqual(type, weight.dtype, name);
            Assert.IsTrue(wide is null || wide.state_dict()[name].equal(weight.to(ScalarType.Float32)).all().item<bool>(), name);
        }

        if (wide is not null)
        {
            Assert.IsFalse(wide.training || wide.parameters().Any(p => p.requires_grad));
            wide.forward(ones([2, 3], ScalarType.Float32, CPU, requires_grad: true)).sum().backward();
            wide.Free();
        }

        static nn.Module<Tensor, Tensor> Network() => nn.Sequential(("first", nn.Linear(3, 4, device: CPU)), ("norm", nn.LayerNorm(4, device: CPU)));
    }
}
