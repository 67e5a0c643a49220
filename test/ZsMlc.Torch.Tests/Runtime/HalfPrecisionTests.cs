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
    [DataRow("GenuineIntel", false, false, false, false, false, true, true, DisplayName = "Haswell")]
    [DataRow("GenuineIntel", true, false, false, false, false, true, true, DisplayName = "Ice Lake")]
    [DataRow("GenuineIntel", true, true, false, false, false, false, true, DisplayName = "Cooper Lake")]
    [DataRow("GenuineIntel", true, true, true, true, false, false, false, DisplayName = "Sapphire Rapids")]
    [DataRow("GenuineIntel", true, true, true, false, false, true, false, DisplayName = "Sapphire Rapids, AMX hidden")]
    [DataRow("GenuineIntel", false, false, false, false, true, false, false, DisplayName = "Arrow Lake")]
    [DataRow("AuthenticAMD", false, false, false, false, false, true, true, DisplayName = "Zen 3")]
    [DataRow("AuthenticAMD", true, true, false, false, false, false, true, DisplayName = "Zen 4")]
    public void IsSlow_Processors_FollowsTheirFeatures(string vendor, bool avx512, bool bfloat16, bool float16, bool amx, bool converts, bool isBFloat16Slow, bool isFloat16Slow)
    {
        Processor processor = new(vendor == "GenuineIntel", avx512, bfloat16, float16, amx, converts);

        Assert.AreEqual(isBFloat16Slow, HalfPrecision.IsSlow(ScalarType.BFloat16, processor));
        Assert.AreEqual(isFloat16Slow, HalfPrecision.IsSlow(ScalarType.Float16, processor));
        Assert.IsFalse(HalfPrecision.IsSlow(ScalarType.Float32, processor));
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
