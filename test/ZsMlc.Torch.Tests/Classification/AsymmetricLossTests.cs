using ZsMlc.Torch.Classification;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Classification;

[TestClass]
public sealed class AsymmetricLossTests
{
    [TestMethod]
    [DataRow("asl.gn2_gp1", "target")]
    [DataRow("asl.gn4_gp1", "target")]
    [DataRow("asl.gn2_gp2", "target")]
    [DataRow("asl.gn0_gp0", "target")]
    [DataRow("asl_masked.gn2_gp1", "target_masked")]
    [DataRow("asl_masked.gn4_gp1", "target_masked")]
    [DataRow("asl_masked.gn2_gp2", "target_masked")]
    [DataRow("asl_masked.gn0_gp0", "target_masked")]
    public void Pair_GoldenLogits_HasTheReferencesLossAndGradient(string name, string target)
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Open("classifier", "losses.safetensors");
        var (negative, positive) = (name[^5] - '0', name[^1] - '0');
        var logits = golden.Read("logits_b2c").requires_grad_(true);
        var stored = golden.Read(target);
        var targets = where(stored.lt(0), float.NaN, stored.to(ScalarType.Float32));
        var loss = new AsymmetricLoss(negative, positive).Pair(logits, targets);
        loss.backward();
        Golden.AssertClose(golden.Read($"{name}.loss").squeeze(), loss, 1e-6, 1e-6, "loss");
        Golden.AssertClose(golden.Read($"{name}.grad"), logits.grad!, 1e-6, 1e-6, "gradient");
    }

    [TestMethod]
    public void Pair_UnknownTargets_HaveNoGradient()
    {
        using var scope = NewDisposeScope();
        var logits = randn(2, 2, 3).requires_grad_(true);
        var targets = tensor(new[,] { { 1f, float.NaN, 0f }, { float.NaN, 1f, float.NaN } });
        new AsymmetricLoss().Pair(logits, targets).backward();
        Assert.IsTrue(logits.grad!.isfinite().all().item<bool>());
        Assert.AreEqual(0f, logits.grad![0, .., 1].abs().sum().item<float>());
        Assert.AreNotEqual(0f, logits.grad![0, .., 0].abs().sum().item<float>());
    }

    [TestMethod]
    public void Pair_RowWeights_ScaleTheLoss()
    {
        using var scope = NewDisposeScope();
        var logits = randn(2, 2, 3);
        var targets = tensor(new[,] { { 1f, 0f, 0f }, { 0f, 1f, 1f } });
        var loss = new AsymmetricLoss();
        var first = loss.Pair(logits[..1], targets[..1]).item<float>();
        var second = loss.Pair(logits[1..], targets[1..]).item<float>();
        Assert.AreEqual(first + 0.25f * second, loss.Pair(logits, targets, tensor(new[,] { { 1f }, { 0.25f } })).item<float>(), 1e-4f);
    }

    [TestMethod]
    public void Probabilities_PairOfComplements_EqualsThePairLoss()
    {
        using var scope = NewDisposeScope();
        var logits = randn(4, 2, 5, ScalarType.Float64);
        var targets = rand(4, 5, ScalarType.Float64).gt(0.5).to(ScalarType.Float64);
        var loss = new AsymmetricLoss(4, 0);
        Assert.AreEqual(loss.Pair(logits, targets).item<double>(), loss.Probabilities(softmax(logits, 1)[.., 1], targets).item<double>(), 1e-9);
    }
}
