using TorchSharp;
using ZsMlc.Torch.Classification;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Classification;

[TestClass]
public sealed class FusionClassifierGoldenTests
{
    private const double Relative = 1e-4, Absolute = 1e-5;

    [TestMethod]
    public void StateDict_GoldenNames_AreOurs()
    {
        using var scope = NewDisposeScope();
        using var weights = Golden.Open("classifier", "tiny_model.safetensors");
        using var classifier = GoldenClassifier.Load();
        var ours = classifier.state_dict().Keys.Where(n => n != "text_encoder.token_embedding.weight").Order().ToList();
        var theirs = weights.Names.Where(n => !GoldenClassifier.IsKnownSurplus(n)).Order().ToList();
        Assert.AreEqual(string.Join('\n', theirs), string.Join('\n', ours));
    }

    [TestMethod]
    [DataRow("unseen", ScalarType.Float32)]
    [DataRow("gzsl", ScalarType.Float32)]
    [DataRow("unseen", ScalarType.Float64)]
    [DataRow("gzsl", ScalarType.Float64)]
    public void Forward_GoldenImages_HasTheReferencesLogits(string subset, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var io = Golden.Open("classifier", dtype == ScalarType.Float64 ? "tiny_io_f64.safetensors" : "tiny_io.safetensors");
        using var inputs = Golden.Open("classifier", "tiny_io.safetensors");
        using var classifier = GoldenClassifier.Load(dtype, inputs.Read($"cls_{subset}").data<long>().ToArray());
        var logits = classifier.forward(inputs.Read("images").to(dtype));
        var exact = dtype == ScalarType.Float64;
        Golden.AssertClose(io.Read($"logits_{subset}"), logits, exact ? 1e-10 : Relative, exact ? 1e-9 : Absolute, "logits");
        if (!exact && subset == "gzsl")
        {
            Golden.AssertClose(io.Read("probs_gzsl"), softmax(logits, 1)[.., 1], Relative, Absolute, "probabilities");
            Golden.AssertClose(io.Read("act_gzsl.image_features").transpose(1, 2), classifier.image_encoder.EncodeDense(inputs.Read("images").to(dtype)), Relative, Absolute, "image features");
            Golden.AssertClose(nn.functional.normalize(io.Read("act_gzsl.text_features"), dim: -1), classifier.TextFeatures(), Relative, Absolute, "text features");
            Golden.AssertClose(io.Read("act_gzsl.prompts"), cat([classifier.prompt_learner!.Prompts(false).Prompts, classifier.prompt_learner.Prompts(true).Prompts], 0), 0, 0, "prompts");
        }
    }

    [TestMethod]
    [DataRow(ScalarType.Float32)]
    [DataRow(ScalarType.Float64)]
    public void Backward_GoldenTargets_HasTheReferencesGradients(ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        using var inputs = Golden.Open("classifier", "tiny_io.safetensors");
        using var io = Golden.Open("classifier", dtype == ScalarType.Float64 ? "tiny_io_f64.safetensors" : "tiny_io.safetensors");
        var seen = inputs.Read("cls_seen");
        using var classifier = GoldenClassifier.Load(dtype, seen.data<long>().ToArray());
        var targets = inputs.Read("targets_all").index_select(1, seen).to(dtype);
        var exact = dtype == ScalarType.Float64;
        var logits = classifier.forward(inputs.Read("images").to(dtype));
        Golden.AssertClose(io.Read("train_logits_seen"), logits, exact ? 1e-10 : Relative, exact ? 1e-9 : Absolute, "logits");
        var loss = new AsymmetricLoss().Pair(logits, targets);
        Golden.AssertClose(io.Read("train_loss_w1").squeeze(), loss, exact ? 1e-10 : Relative, Absolute, "loss");
        loss.backward();
        var learnt = classifier.ContextParameters().Concat(classifier.FusionParameters()).ToList();
        foreach (var (name, parameter) in learnt)
        {
            // The softmax over positions does not feel this bias: its gradient is zero but for rounding, which is as
            // large as the weights' gradient makes it.
            var least = name.EndsWith("agg_attn.bias", StringComparison.Ordinal)
                ? io.Read($"grad_w1.{name[..^"bias".Length]}weight").abs().max().ToDouble() * (exact ? 1e-12 : Relative)
                : exact ? 1e-10 : Absolute * 1e-2;
            Golden.AssertClose(io.Read($"grad_w1.{name}"), parameter.grad!, exact ? 1e-8 : Relative, least, name);
        }

        Assert.HasCount(io.Names.Count(n => n.StartsWith("grad_w1.", StringComparison.Ordinal)), learnt);
        Assert.IsTrue(classifier.named_parameters().Where(p => learnt.All(l => l.Name != p.name)).All(p => p.parameter.grad is null), "Frozen weights have no gradient.");
    }

    [TestMethod]
    public void MomentumSgd_ThreeSteps_MovesTheParametersLikeTheReference()
    {
        using var scope = NewDisposeScope();
        using var io = Golden.Open("classifier", "tiny_io.safetensors");
        var seen = io.Read("cls_seen");
        using var classifier = GoldenClassifier.Load(labels: seen.data<long>().ToArray());
        var targets = io.Read("targets_all").index_select(1, seen).to(ScalarType.Float32);
        var images = io.Read("images").to(ScalarType.Float32);
        var groups = classifier.ContextParameters().Select(p => (p.Name, (Tensor)p.Parameter, (Func<double>)(() => 0.002)))
            .Concat(classifier.FusionParameters().Select(p => (p.Name, (Tensor)p.Parameter, (Func<double>)(() => 1e-4)))).ToList();
        using var sgd = new MomentumSgd(groups, 0.9, 5e-4);
        var losses = io.Read("sgd_losses").data<float>().ToArray();
        for (var step = 1; step <= 3; step++)
        {
            using var inner = NewDisposeScope();
            sgd.ZeroGradients();
            var loss = 0.01 * new AsymmetricLoss().Pair(classifier.forward(images), targets);
            Assert.AreEqual(losses[step - 1], loss.item<float>(), 1e-4 * losses[step - 1]);
            loss.backward();
            sgd.Step();
            if (step is 1 or 3)
            {
                foreach (var (name, parameter, _) in groups)
                {
                    Golden.AssertClose(io.Read($"sgd{step}.{name}"), parameter, Relative, Absolute, $"{name} after step {step}");
                }
            }
        }
    }
}
