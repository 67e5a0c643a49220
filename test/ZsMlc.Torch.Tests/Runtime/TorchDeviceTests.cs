using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Runtime;

[TestClass]
public sealed class TorchDeviceTests
{
    [TestMethod]
    public void Select_NoGpuAsked_IsCpu() => Assert.AreEqual(TorchSharp.DeviceType.CPU, TorchDevice.Select(null).type);

    [TestMethod]
    public void Select_MissingGpuWithFallback_IsCpu() => Assert.AreEqual(TorchSharp.DeviceType.CPU, TorchDevice.Select(4095).type);

    [TestMethod]
    public void Select_MissingGpuWithoutFallback_NamesTheOption()
    {
        var e = Assert.ThrowsExactly<InvalidOperationException>(() => TorchDevice.Select(4095, fallbackToCpu: false));
        StringAssert.Contains(e.Message, "FallbackToCpu");
        StringAssert.Contains(e.Message, "4095");
    }

    [TestMethod]
    public void Select_NegativeIndex_Throws() =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => TorchDevice.Select(-1));

    [TestMethod]
    public void Torch_Arithmetic_RunsWithoutAnySetUp()
    {
        using var sum = (ones(3) + ones(3)).sum();
        Assert.AreEqual(6f, sum.item<float>());
    }
}
