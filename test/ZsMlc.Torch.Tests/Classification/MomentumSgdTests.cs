using TorchSharp.Modules;
using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Tests.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Classification;

[TestClass]
public sealed class MomentumSgdTests
{
    [TestMethod]
    public void Step_TwentyTimes_AgreesWithTorchSharpsOptimizer()
    {
        const double rate = 0.01, momentum = 0.9, decay = 5e-4;
        using var scope = NewDisposeScope();
        random.manual_seed(1);
        var start = randn(1000);
        var (ours, theirs) = (new Parameter(start.clone()), new Parameter(start.clone()));
        using var optimizer = new MomentumSgd([("weight", ours, () => rate)], momentum, decay);
        using var reference = optim.SGD([theirs], rate, momentum, weight_decay: decay);

        for (var step = 0; step < 20; step++)
        {
            var gradient = randn(1000);
            (ours.grad, theirs.grad) = (gradient.clone(), gradient.clone());
            optimizer.Step();
            reference.step();
        }

        TensorAssert.Within(1e-6, theirs, ours);
        Assert.IsGreaterThan(0.1f, (ours - start).abs().max().item<float>());
    }
}
