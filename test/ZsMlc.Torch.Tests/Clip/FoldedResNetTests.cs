using TorchSharp;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Tests.Classification;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Clip;

[TestClass]
public sealed class FoldedResNetTests
{
    [TestMethod]
    [DataRow(ScalarType.Float64, 1e-10)]
    [DataRow(ScalarType.Float32, 1e-5)]
    [DataRow(ScalarType.BFloat16, 0.05)]
    public void EncodeDense_FoldedTower_AgreesWithThePlainOne(ScalarType dtype, double limit)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var clip = FusionClassifierTrainerTests.TinyClip();
        var plain = (ModifiedResNet)clip.Visual;
        plain.to(ScalarType.Float64);
        var images = randn(2, 3, 64, 32, ScalarType.Float64);
        var dense = plain.EncodeDense(images);
        using var folded = new FoldedResNet(plain, dtype);
        Golden.AssertL2(dense, folded.EncodeDense(images), limit, "dense features");
    }
}
