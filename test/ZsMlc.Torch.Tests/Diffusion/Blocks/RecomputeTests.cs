using ZsMlc.Torch.Diffusion.Blocks;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion.Blocks;

[TestClass]
public sealed class RecomputeTests
{
    [TestMethod]
    public void Backward_ChainOfParts_HasTheGradientOfTheWhole()
    {
        using var scope = NewDisposeScope();
        var x = randn(4, 8).requires_grad_();
        var plain = x.detach().requires_grad_();
        GradientFunction.Backward(Enumerable.Range(0, 3).Aggregate(x, (t, _) => Recompute.Run(i => i[0].sin() * 2, [t])).sum());
        Enumerable.Range(0, 3).Aggregate(plain, (t, _) => t.sin() * 2).sum().backward();

        Golden.AssertClose(plain.grad!, x.grad!, 1e-6, 1e-6, "gradient");
    }
}
