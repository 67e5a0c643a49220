using TorchSharp.Modules;
using ZsMlc.Torch.Tests.Runtime;
using static TorchSharp.torch;
using AdamW = ZsMlc.Torch.Diffusion.Tuning.AdamW;

namespace ZsMlc.Torch.Tests.Diffusion.Tuning;

[TestClass]
public sealed class AdamWTests
{
    [TestMethod]
    public void Step_TwentyTimes_AgreesWithTorchSharpsOptimizer()
    {
        const double rate = 0.01, decay = 5e-4;
        using var scope = NewDisposeScope();
        random.manual_seed(1);
        var start = randn(1000);
        var (ours, theirs) = (new Parameter(start.clone()), new Parameter(start.clone()));
        using var optimizer = new AdamW([("weight", ours)], rate, decay);
        using var reference = optim.AdamW([theirs], rate, weight_decay: decay);

        for (var step = 0; step < 20; step++)
        {
            var gradient = randn(1000);
            (ours.grad, theirs.grad) = (gradient.clone(), gradient.clone());
            optimizer.Step();
            reference.step();
        }

        TensorAssert.Within(1e-6, theirs, ours);
        Assert.IsGreaterThan(0.05f, (ours - start).abs().max().item<float>());
    }
}
