using System.Runtime.Intrinsics;
using ZsMlc.Torch.Kernels;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Kernels;

[TestClass]
public sealed unsafe class OnlineSoftmaxTests
{
    private const int Columns = OnlineSoftmax.Columns;

    [TestMethod]
    [DataRow(1f)]
    [DataRow(100f, DisplayName = "all but one vanish")]
    public void Take_SomeRowsAtATime_IsTheSoftmaxOfAll(float deviation)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        using var generator = new Generator(1, CPU);
        var scores = randn([23, Columns], generator: generator, device: CPU) * deviation;
        var values = randn([23, 6], generator: generator, device: CPU);
        var expected = values.t().matmul(nn.functional.softmax(scores, 0));

        foreach (int[] pieces in new int[][] { [23], [1, 22], [5, 3, 15], [.. Enumerable.Repeat(1, 23)] })
        {
            KernelAssert.Close(expected, Weighted(scores, values, pieces), string.Join("+", pieces));
        }
    }

    [TestMethod]
    public void Take_GreaterScoresLater_ForgetsWhatHasVanished()
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        var scores = tensor(new[] { -1e4f, 0, 1e4f }, device: CPU).view(3, 1).repeat(1, Columns);
        var values = tensor(new[] { 3f, 5, 7 }, device: CPU).view(3, 1);

        KernelAssert.Close(full([1, Columns], 7f, device: CPU), Weighted(scores, values, [1, 1, 1]));
    }

    [TestMethod]
    public void Take_VectorsOfAnyWidth_GiveTheSameBits()
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        if (!Vector512.IsHardwareAccelerated)
        {
            Assert.Inconclusive("The processor has vectors of one width.");
        }

        var narrow = randn([30, Columns], device: CPU) * 20;
        var wide = narrow.clone();
        float* narrowState = stackalloc float[OnlineSoftmax.State], wideState = stackalloc float[OnlineSoftmax.State];
        OnlineSoftmax.Begin(narrowState);
        OnlineSoftmax.Begin(wideState);
        OnlineSoftmax.Take<Lanes256>(Data(narrow), 30, narrowState);
        OnlineSoftmax.Take<Lanes512>(Data(wide), 30, wideState);

        Assert.IsTrue(narrow.eq(wide).all().item<bool>());
        Assert.IsTrue(new Span<float>(narrowState, OnlineSoftmax.State).SequenceEqual(new(wideState, OnlineSoftmax.State)));
    }

    [TestMethod]
    [DataRow(0x7FC00000u)]
    [DataRow(0xFFC00000u)]
    [DataRow(0x7FC00001u)]
    [DataRow(0xFFFFFFFFu)]
    public void Take_NotANumber_StaysInItsColumn(uint bits)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        var scores = zeros([8, Columns], device: CPU);
        scores[3, 17] = BitConverter.UInt32BitsToSingle(bits);

        var found = Weighted(scores, ones([8, 1], device: CPU), [2, 6]).isnan();

        Assert.AreEqual(1, found.sum().item<long>());
        Assert.IsTrue(found[0, 17].item<bool>());
    }

    /// <summary>Means of values by the softmax of scores that come in pieces.</summary>
    private static Tensor Weighted(Tensor scores, Tensor values, int[] pieces)
    {
        var state = stackalloc float[OnlineSoftmax.State];
        OnlineSoftmax.Begin(state);
        var sums = zeros([values.shape[1], Columns], device: CPU);
        var at = 0;
        foreach (var count in pieces)
        {
            var piece = (scores[at..(at + count)] * OnlineSoftmax.Unit).contiguous();
            OnlineSoftmax.Take(Data(piece), count, state);
            var products = values[at..(at + count)].t().matmul(piece).contiguous();
            OnlineSoftmax.Add(Data(sums), Data(products), (int)values.shape[1], state);
            at += count;
        }

        OnlineSoftmax.Divide(Data(sums), (int)values.shape[1], state);
        return sums;
    }

    private static float* Data(Tensor tensor) => (float*)LibtorchCpu.Data(tensor);
}
