using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Runtime;

[TestClass]
public sealed unsafe class WinogradBlockTests
{
    [TestMethod]
    public void Multiply_AnyNumberOfTiles_IsTheMatrixProduct()
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        const int inputs = 24, outputs = 2 * WinogradBlock.Columns, room = 30;
        var (x, weights) = (randn([room, inputs], device: CPU), randn([inputs, WinogradBlock.Columns], device: CPU));
        var expected = x.matmul(weights);
        for (var count = 1; count <= room - WinogradBlock.Rows; count++)
        {
            var y = full([room, outputs], float.NaN, device: CPU);

            WinogradBlock.Multiply(Data(x), count, inputs, Data(weights), Data(y) + WinogradBlock.Columns, outputs);

            KernelAssert.Close(expected[..count], y[..count, WinogradBlock.Columns..], $"{count} tiles");
            var written = (count + WinogradBlock.Rows - 1) / WinogradBlock.Rows * WinogradBlock.Rows;
            Assert.IsTrue(y[written..].isnan().all().item<bool>() && y[.., ..WinogradBlock.Columns].isnan().all().item<bool>(), $"{count} tiles leave the rest alone");
        }
    }

    private static float* Data(Tensor tensor) => (float*)LibtorchCpu.Data(tensor);
}
