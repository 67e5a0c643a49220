using TorchSharp;
using ZsMlc.Torch.Kernels;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Kernels;

[TestClass]
public sealed unsafe class VectorElementsTests
{
    [TestMethod]
    [DataRow(8, 8)]
    [DataRow(32, 20)]
    [DataRow(19, 33)]
    [DataRow(1, 5)]
    public void Transpose_AnySize_IsTheTransposedMatrixInTheOtherType(int rows, int columns)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        var wide = randn([rows, columns + 3], device: CPU);
        var half = wide.to(ScalarType.BFloat16);
        var (narrowed, widened) = (zeros([columns, rows + 2], ScalarType.BFloat16, CPU), zeros([columns, rows + 2], device: CPU));

        VectorElements.Transpose<float, SingleElements, ushort, BFloat16Elements>((float*)LibtorchCpu.Data(wide), columns + 3, rows, columns, 0.5f, (ushort*)LibtorchCpu.Data(narrowed), rows + 2);
        VectorElements.Transpose<ushort, BFloat16Elements, float, SingleElements>((ushort*)LibtorchCpu.Data(half), columns + 3, rows, columns, 3, (float*)LibtorchCpu.Data(widened), rows + 2);

        AssertSame((wide[.., ..columns] * 0.5).to(ScalarType.BFloat16).t(), narrowed, rows);
        AssertSame((half[.., ..columns].to(ScalarType.Float32) * 3).t(), widened, rows);
    }

    private static void AssertSame(Tensor expected, Tensor actual, int rows)
    {
        Assert.IsTrue(expected.eq(actual[.., ..rows]).all().item<bool>());
        Assert.AreEqual(0, actual[.., rows..].count_nonzero().item<long>(), "the rest is left alone");
    }
}
