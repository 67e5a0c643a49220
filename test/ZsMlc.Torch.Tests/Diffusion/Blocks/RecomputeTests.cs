using System.Runtime.InteropServices;
using TorchSharp;
using ZsMlc.Torch.Diffusion.Blocks;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion.Blocks;

/// <summary>On a GPU libtorch calls a part's <c>backward</c> on its own thread; a thread without a dispose scope stands in for it.</summary>
[TestClass]
public sealed class RecomputeTests
{
    [TestMethod]
    public void Backward_OnAThreadWithoutScope_LeavesNoTensor()
    {
        using var scope = NewDisposeScope();
        var x = randn(4, 8).requires_grad_();
        Step(x);

        // The count is the process's: what other tests left to the collector goes first, so that none of it hides a tensor of ours.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = Tensor.TotalCount;

        OnAnotherThread(() =>
        {
            for (var i = 0; i < 5; i++)
            {
                Step(x);
            }
        });

        Assert.IsLessThanOrEqualTo(before, Tensor.TotalCount);
    }

    [TestMethod]
    public void Backward_PartThrowsWhenItRunsAgain_CallerGetsThatException()
    {
        using var scope = NewDisposeScope();
        var loss = FailsWhenRunAgain();

        var error = Assert.ThrowsExactly<InvalidDataException>(() => Recompute.Backward(loss));

        Assert.AreEqual("again", error.Message);
    }

    [TestMethod]
    public void Backward_ByTensorItself_StopsWithLibtorchsException()
    {
        using var scope = NewDisposeScope();
        var loss = FailsWhenRunAgain();

        Assert.ThrowsExactly<ExternalException>(() => loss.backward());
    }

    [TestMethod]
    public void Backward_ChainOfParts_HasTheGradientOfTheWhole()
    {
        using var scope = NewDisposeScope();
        var x = randn(4, 8).requires_grad_();
        var plain = x.detach().requires_grad_();
        Recompute.Backward(Enumerable.Range(0, 3).Aggregate(x, (t, _) => Recompute.Run(i => i[0].sin() * 2, [t])).sum());
        Enumerable.Range(0, 3).Aggregate(plain, (t, _) => t.sin() * 2).sum().backward();

        Golden.AssertClose(plain.grad!, x.grad!, 1e-6, 1e-6, "gradient");
    }

    private static void Step(Tensor x)
    {
        using var scope = NewDisposeScope();
        Recompute.Backward(Recompute.Run(i => (i[0] * i[0]).sin(), [x]).sum());
        x.grad!.zero_();
    }

    private static Tensor FailsWhenRunAgain()
    {
        var runs = 0;
        return Recompute.Run(i => ++runs == 1 ? i[0] * 2 : throw new InvalidDataException("again"), [randn(2, 3).requires_grad_()]).sum();
    }

    private static void OnAnotherThread(Action work)
    {
        Exception? error = null;
        var thread = new Thread(() =>
        {
            try
            {
                work();
            }
            catch (Exception e)
            {
                error = e;
            }
        });
        thread.Start();
        thread.Join();
        Assert.IsNull(error, error?.ToString());
    }
}
