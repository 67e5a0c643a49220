using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Clip;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Classification;

/// <summary>An untrained classifier whose two contexts differ a little, so that random towers do not saturate every score.</summary>
internal static class MildClassifier
{
    public static FusionClassifier Create(ClipModel clip, IReadOnlyList<string> labels, int? inputSize = null)
    {
        random.manual_seed(3);
        var classifier = FusionClassifier.Create(clip, labels, new() { ContextTokens = 4, InputSize = inputSize });
        using var none = no_grad();
        using var noise = 0.02 * randn_like(classifier.prompt_learner!.ctx_pos);
        classifier.prompt_learner.ctx_neg.copy_(classifier.prompt_learner.ctx_pos + noise);
        return classifier;
    }
}
