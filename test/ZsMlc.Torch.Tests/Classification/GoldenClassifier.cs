using System.Text.Json;
using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Classification;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Classification;

/// <summary>The classifier of the golden vectors; every size comes from its file.</summary>
internal static class GoldenClassifier
{
    public static FusionClassifier Load(ScalarType dtype = ScalarType.Float32, long[]? labels = null)
    {
        using var scope = NewDisposeScope();
        using var weights = Golden.Open("classifier", "tiny_model.safetensors");
        using var config = JsonDocument.Parse(weights.Metadata["config"]);
        int Get(string name) => config.RootElement.GetProperty(name).GetInt32();
        var layers = config.RootElement.GetProperty("vision_layers").EnumerateArray().Select(l => l.GetInt32()).ToArray();
        var vision = ClipVisionConfig.ResNet(Get("image_resolution"), Get("vision_width"), layers);
        var options = new FusionClassifierOptions { ContextTokens = int.Parse(weights.Metadata["n_ctx"]), Norm = FusionNorm.BatchNorm };
        var text = new TextTransformer(new(Get("context_length"), Get("vocab_size"), Get("transformer_width"), Get("transformer_heads"), Get("transformer_layers")), Get("embed_dim"), quickGelu: true);
        var names = (int)weights.Info("prompt_learner.token_suffix_pos").Shape[0];
        var chosen = labels ?? Enumerable.Range(0, names).Select(i => (long)i).ToArray();

        Tensor Frame(string name) => weights.Read(name).to(ScalarType.Float32).index_select(0, tensor(chosen));
        var tokens = weights.Read("prompt_learner.tokenized_prompts").index_select(0, tensor(chosen));
        var prompts = new PromptLearner(
            (Frame("prompt_learner.token_prefix_pos")[0].DetachFromDisposeScope(), Frame("prompt_learner.token_suffix_pos").DetachFromDisposeScope(), (tokens.argmax(-1) - 1 - options.ContextTokens).DetachFromDisposeScope()),
            options.ContextTokens, specific: false);
        var classifier = new FusionClassifier(options, chosen.Select(i => $"label{i}").ToList(), FusionClassifier.Tower(vision, Get("embed_dim"), quickGelu: true, options), text, prompts);
        using (no_grad())
        {
            var state = classifier.state_dict();
            foreach (var (name, target) in state)
            {
                if (weights.Names.Contains(name))
                {
                    target.copy_(weights.Read(name));
                }
                else if (name != "text_encoder.token_embedding.weight")
                {
                    throw new InvalidDataException($"The golden classifier has no tensor '{name}'.");
                }
            }
        }

        classifier.Freeze();
        classifier.to(dtype);
        return classifier.KeepAlive();
    }

    /// <summary>Unused value and output projections of the published branch, and tables that ours does not need.</summary>
    public static bool IsKnownSurplus(string name) => name.Contains(".global_branch.v.") || name.Contains(".global_branch.proj.") || name.StartsWith("prompt_learner.token", StringComparison.Ordinal);
}
