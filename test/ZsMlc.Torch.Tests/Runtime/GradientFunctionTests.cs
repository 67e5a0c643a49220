using System.Runtime.InteropServices;
using TorchSharp;
using ZsMlc.Torch.Diffusion.Blocks;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Runtime;

/// <summary>On a GPU libtorch calls a part's <c>backward</c> on its own thread; a thread without a dispose scope stands in for it.</summary>
[TestClass]
public sealed class GradientFunctionTests
{
    [TestMethod]
    public void Backward_OnAThreadWithoutScope_LeavesNoTensor()
    {
        using var scope = NewDisposeScope();
        var x = randn(4, 8).requires_grad_();
        Step(x);

        TensorAssert.NoneIsLeftBy(() => OnAnotherThread(() =>
        {
            for (var i = 0; i < 5; i++)
            {
                Step(x);
            }
        }));
    }

    [TestMethod]
    public void Backward_PartThrowsWhenItRunsAgain_CallerGetsThatException()
    {
        using var scope = NewDisposeScope();
        var loss = FailsWhenRunAgain();

        var error = Assert.ThrowsExactly<InvalidDataException>(() => GradientFunction.Backward(loss));

        Assert.AreEqual("again", error.Message);
    }

    [TestMethod]
    public void Backward_ByTensorItself_StopsWithLibtorchsException()
    {
        using var scope = NewDisposeScope();
        var loss = FailsWhenRunAgain();

        Assert.ThrowsExactly<ExternalException>(() => loss.backward());
    }

    private static void Step(Tensor x)
    {
        using var scope = NewDisposeScope();
        GradientFunction.Backward(Recompute.Run(i => (i[0] * i[0]).sin(), [x]).sum());
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
