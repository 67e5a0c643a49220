using System.Runtime.InteropServices;
using TorchSharp;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Runtime;

[TestClass]
public sealed class DeviceMemoryTests
{
    [TestMethod]
    public void IsExhausted_MoreThanAnyMachineHas_IsTrue()
    {
        var error = Assert.ThrowsExactly<ExternalException>(() => empty([1L << 50]));
        Assert.IsTrue(DeviceMemory.IsExhausted(error), error.Message);
    }

    [TestMethod]
    public void IsExhausted_WrongShapes_IsFalse()
    {
        using var scope = NewDisposeScope();
        Assert.IsFalse(DeviceMemory.IsExhausted(Assert.ThrowsExactly<ExternalException>(() => ones(2, 3).mm(ones(2, 3)))));
    }

    [TestMethod]
    public void InHalves_WholeDoesNotFit_GivesTheRowsOfTheWhole()
    {
        using var scope = NewDisposeScope();
        var rows = randn(5, 3);
        List<long> sizes = [];

        var result = DeviceMemory.InHalves(rows, Run, "rows", "");

        Assert.IsTrue(result.equal(rows * 2).all().item<bool>());
        CollectionAssert.AreEqual(new long[] { 5, 2, 3 }, sizes);

        Tensor Run(Tensor part)
        {
            sizes.Add(part.shape[0]);
            return part.shape[0] > 3 ? empty([1L << 50]) : part * 2;
        }
    }

    [TestMethod]
    public void InHalves_HalfDoesNotFitEither_SaysWhatToChange()
    {
        using var scope = NewDisposeScope();
        var rows = randn(4, 3);

        var error = Assert.ThrowsExactly<DeviceMemoryException>(() => DeviceMemory.InHalves(rows, _ => empty([1L << 50]), "rows", "Choose fewer."));

        StringAssert.Contains(error.Message, "4 rows");
        StringAssert.Contains(error.Message, "Choose fewer.");
        Assert.IsInstanceOfType<ExternalException>(error.InnerException);
    }
}
