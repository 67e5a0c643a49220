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
}
