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
            Assert.AreEqual(HalfPrecision.IsEmulated(type, CPU) ? ScalarType.Float32 : type, HalfPrecision.Computed(type, CPU));
        }

        Assert.AreEqual(X86Base.IsSupported && !Avx512DQ.VL.IsSupported, HalfPrecision.IsEmulated(ScalarType.BFloat16, CPU));
    }

    [TestMethod]
    [DataRow(ScalarType.BFloat16)]
    [DataRow(ScalarType.Float16)]
    [DataRow(ScalarType.Float32)]
    public void Widen_Networks_AreInSinglePrecisionMeanwhileAndThenWhatTheyWere(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var network = nn.Sequential(("first", nn.Linear(3, 4, device: CPU)), ("norm", nn.BatchNorm1d(4, device: CPU)));
        network.to(type);
        network.parameters().First().requires_grad_(false);
        var before = network.state_dict().ToDictionary(e => e.Key, e => e.Value.clone());

        using (inference_mode())
        using (HalfPrecision.Widen([network]))
        {
            var meanwhile = HalfPrecision.IsEmulated(type, CPU) ? ScalarType.Float32 : type;
            Assert.IsTrue(network.parameters().All(p => p.dtype == meanwhile));
            Assert.IsTrue(network.state_dict().All(e => e.Value.to(ScalarType.Float64).equal(before[e.Key].to(ScalarType.Float64)).all().item<bool>()));
        }

        foreach (var (name, tensor) in network.state_dict())
        {
            Assert.AreEqual(before[name].dtype, tensor.dtype, name);
            Assert.IsTrue(tensor.equal(before[name]).all().item<bool>(), name);
        }

        CollectionAssert.AreEqual(new[] { false, true, true, true }, network.parameters().Select(p => p.requires_grad).ToArray());
        var input = ones([2, 4], type, CPU, requires_grad: true);
        nn.functional.linear(input, network.parameters().ElementAt(2).view(1, 4)).sum().backward();
        Assert.IsNotNull(input.grad, "the weights are not of inference mode");
    }

    [TestMethod]
    public void Widen_NetworkWithoutMemory_GivesBackTheOthers()
    {
        if (!HalfPrecision.IsEmulated(ScalarType.BFloat16, CPU))
        {
            Assert.Inconclusive("This processor computes in bfloat16.");
        }

        using var network = nn.Linear(3, 4, device: CPU);
        network.to(ScalarType.BFloat16);
        using var broken = nn.Identity();

        // It has no weight to tell its type.
        Assert.ThrowsExactly<InvalidOperationException>(() => HalfPrecision.Widen([network, broken]));
        Assert.AreEqual(ScalarType.BFloat16, network.weight!.dtype);
    }
}
