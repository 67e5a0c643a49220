using ZsMlc.Torch.Classification;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Classification;

[TestClass]
public sealed class AsymmetricLossTests
{
    /// <summary>Gets the cases of pair logits in the golden file, named by targets and exponents.</summary>
    public static IEnumerable<string> Pairs => Cases("asl.", "asl_masked.");

    /// <summary>Gets the cases of one logit a label.</summary>
    public static IEnumerable<string> Singles => Cases("asl2_pos.");

    [TestMethod]
    [DynamicData(nameof(Pairs))]
    public void Pair_GoldenLogits_HasTheReferencesLossAndGradient(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Open("classifier", "losses.safetensors");
        var (negative, positive) = (name[^5] - '0', name[^1] - '0');
        var logits = golden.Read("logits_b2c").requires_grad_(true);
        var stored = golden.Read(name.StartsWith("asl_masked.", StringComparison.Ordinal) ? "target_masked" : "target");
        var targets = where(stored.lt(0), float.NaN, stored.to(ScalarType.Float32));
        var loss = new AsymmetricLoss(negative, positive).Pair(logits, targets);
        loss.backward();
        Golden.AssertClose(golden.Read($"{name}.loss").squeeze(), loss, 1e-6, 1e-6, "loss");
        Golden.AssertClose(golden.Read($"{name}.grad"), logits.grad!, 1e-6, 1e-6, "gradient");
    }

    [TestMethod]
    [DynamicData(nameof(Singles))]
    public void Probabilities_GoldenLogits_HaveTheReferencesLossAndGradient(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Open("classifier", "losses.safetensors");
        var logits = golden.Read("logits_bc").requires_grad_(true);
        var loss = new AsymmetricLoss(name[^5] - '0', name[^1] - '0').Probabilities(logits.sigmoid(), golden.Read("target").to(ScalarType.Float32));
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

    private static List<string> Cases(params string[] starts)
    {
        using var golden = Golden.Open("classifier", "losses.safetensors");
        return [.. golden.Names.Where(n => n.EndsWith(".loss", StringComparison.Ordinal) && starts.Any(s => n.StartsWith(s, StringComparison.Ordinal))).Select(n => n[..^5])];
    }
}
