using System.Runtime.Intrinsics;
using ZsMlc.Torch.Kernels;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Kernels;

[TestClass]
public sealed unsafe class MatrixBlockTests
{
    [TestMethod]
    [DataRow(false, DisplayName = "row by row")]
    [DataRow(true, DisplayName = "column by column")]
    public void Multiply_AnyNumberOfRows_IsTheMatrixProduct(bool turned)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        const int inputs = 24, outputs = 2 * MatrixBlock.Columns, room = 30;
        var (x, columns) = (randn([room, inputs], device: CPU), randn([inputs, MatrixBlock.Columns], device: CPU));
        var expected = x.matmul(columns);
        var laid = turned ? x.t().contiguous() : x;
        for (var count = 1; count <= room - MatrixBlock.Rows; count++)
        {
            var y = full([room, outputs], float.NaN, device: CPU);

            MatrixBlock.Multiply(Data(laid), turned ? 1 : inputs, turned ? room : 1, count, inputs, Data(columns), Data(y) + MatrixBlock.Columns, outputs);

            KernelAssert.Close(expected[..count], y[..count, MatrixBlock.Columns..], $"{count} rows");
            var written = (count + MatrixBlock.Rows - 1) / MatrixBlock.Rows * MatrixBlock.Rows;
            Assert.IsTrue(y[written..].isnan().all().item<bool>() && y[.., ..MatrixBlock.Columns].isnan().all().item<bool>(), $"{count} rows leave the rest alone");
        }
    }

    [TestMethod]
    public void Multiply_VectorsOfAnyWidth_GiveTheSameBits()
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        if (!Vector512.IsHardwareAccelerated)
        {
            Assert.Inconclusive("The processor has vectors of one width.");
        }

        var (x, columns) = (randn([12, 40], device: CPU), randn([40, MatrixBlock.Columns], device: CPU));
        var (narrow, wide) = (zeros([12, MatrixBlock.Columns], device: CPU), zeros([12, MatrixBlock.Columns], device: CPU));

        MatrixBlock.Multiply<Lanes256>(Data(x), 40, 1, 11, 40, Data(columns), Data(narrow), MatrixBlock.Columns);
        MatrixBlock.Multiply<Lanes512>(Data(x), 40, 1, 11, 40, Data(columns), Data(wide), MatrixBlock.Columns);

        KernelAssert.Close(x.matmul(columns), narrow);
        Assert.IsTrue(narrow.eq(wide).all().item<bool>());
    }

    private static float* Data(Tensor tensor) => (float*)LibtorchCpu.Data(tensor);
}
