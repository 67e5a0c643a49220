using TorchSharp;
using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Clip;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Classification;

[TestClass]
public sealed class PrefixSharingTests
{
    [TestMethod]
    public void Encode_SharedPrefix_EqualsWholePromptsInLogitsAndGradients()
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        using var text = new TextTransformer(new(24, 49408, 32, 4, 3), 16, quickGelu: true);
        text.to(ScalarType.Float64);
        using var prompts = new PromptLearner(text, ClipTokenizer.Default, ["dog", "traffic light", "snowboard equipment"], 6, specific: false);
        prompts.to(ScalarType.Float64);
        foreach (var positive in new[] { true, false })
        {
            var shared = PrefixSharing.Encode(text, prompts, positive);
            var plain = PrefixSharing.EncodePlain(text, prompts, positive);
            Golden.AssertClose(plain, shared, 1e-10, 1e-12, "features");
            var context = positive ? prompts.ctx_pos : prompts.ctx_neg;
            var weights = randn_like(plain);
            var fromShared = autograd.grad([(shared * weights).sum()], [context])[0];
            var fromPlain = autograd.grad([(plain * weights).sum()], [context])[0];
            Golden.AssertClose(fromPlain, fromShared, 1e-10, 1e-12, "gradient");
        }
    }

    [TestMethod]
    public void Encode_SharedPrefixInTheClassifier_EqualsWholePromptsInLogitsAndGradients()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        using var clip = FusionClassifierTrainerTests.TinyClip();
        using var classifier = FusionClassifier.Create(clip, ["dog", "traffic light", "cup"], new() { ContextTokens = 6 });
        clip.Text.to(ScalarType.Float64);
        classifier.to(ScalarType.Float64);
        var (text, prompts) = (classifier.text_encoder!, classifier.prompt_learner!);
        var images = randn(2, 3, 32, 32, ScalarType.Float64);
        var texts = nn.functional.normalize(cat([PrefixSharing.EncodePlain(text, prompts, positive: false), PrefixSharing.EncodePlain(text, prompts, positive: true)], 0), dim: -1);

        var (shared, plain) = (classifier.forward(images), classifier.Logits(images, texts));

        Golden.AssertClose(plain, shared, 1e-10, 1e-10, "logits");
        var targets = tensor(new double[,] { { 1, 0, double.NaN }, { 0, 1, 1 } });
        var learnt = classifier.ContextParameters().Concat(classifier.FusionParameters()).ToList();
        var (fromShared, fromPlain) = (Gradients(shared), Gradients(plain));
        for (var i = 0; i < learnt.Count; i++)
        {
            Golden.AssertClose(fromPlain[i], fromShared[i], 1e-10, 1e-10, learnt[i].Name);
        }

        IList<Tensor> Gradients(Tensor logits) => autograd.grad([new AsymmetricLoss().Pair(logits, targets)], learnt.Select(p => (Tensor)p.Parameter).ToList());
    }
}
