using ZsMlc.Torch.Checkpoints;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>
/// Shows a Hugging Face CLIP checkpoint under OpenAI's names: queries, keys and values joined, projections transposed.
/// </summary>
internal sealed class HuggingFaceClipCheckpoint : ICheckpoint
{
    private static readonly (string From, string To)[] s_renames =
    [
        ("vision_model.encoder.layers.", "visual.transformer.resblocks."),
        ("vision_model.embeddings.patch_embedding.", "visual.conv1."),
        ("vision_model.embeddings.class_embedding", "visual.class_embedding"),
        ("vision_model.embeddings.position_embedding.weight", "visual.positional_embedding"),
        ("vision_model.pre_layrnorm.", "visual.ln_pre."),
        ("vision_model.post_layernorm.", "visual.ln_post."),
        ("text_model.encoder.layers.", "transformer.resblocks."),
        ("text_model.embeddings.token_embedding.", "token_embedding."),
        ("text_model.embeddings.position_embedding.weight", "positional_embedding"),
        ("text_model.final_layer_norm.", "ln_final."),
        ("visual_projection.weight", "visual.proj"),
        ("text_projection.weight", "text_projection"),
        (".self_attn.out_proj.", ".attn.out_proj."),
        (".layer_norm1.", ".ln_1."),
        (".layer_norm2.", ".ln_2."),
        (".mlp.fc1.", ".mlp.c_fc."),
        (".mlp.fc2.", ".mlp.c_proj."),
    ];

    private readonly ICheckpoint _inner;
    private readonly Dictionary<string, string[]> _sources = [];

    public HuggingFaceClipCheckpoint(ICheckpoint inner)
    {
        _inner = inner;
        foreach (var name in inner.Names.Where(n => !n.EndsWith("position_ids", StringComparison.Ordinal)))
        {
            if (name.Contains(".self_attn.k_proj.") || name.Contains(".self_attn.v_proj."))
            {
                continue;
            }

            if (name.Contains(".self_attn.q_proj."))
            {
                var joined = Rename(name).Replace(".self_attn.q_proj.", ".attn.in_proj_");
                _sources[joined] = new[] { "q", "k", "v" }.Select(p => name.Replace(".q_proj.", $".{p}_proj.")).ToArray();
            }
            else
            {
                _sources[Rename(name)] = [name];
            }
        }
    }

    public string Source => _inner.Source;

    public IReadOnlyCollection<string> Names => _sources.Keys;

    public TensorInfo Info(string name)
    {
        var parts = Parts(name);
        var info = _inner.Info(parts[0]);
        return parts.Length > 1 ? info with { Shape = [info.Shape[0] * parts.Length, .. info.Shape[1..]] }
            : IsTransposed(name) ? info with { Shape = [info.Shape[1], info.Shape[0]] }
            : info;
    }

    public Tensor Read(string name)
    {
        using var scope = NewDisposeScope();
        var parts = Parts(name).Select(_inner.Read).ToArray();
        var tensor = parts.Length > 1 ? cat(parts, 0) : IsTransposed(name) ? parts[0].t() : parts[0];
        return tensor.MoveToOuterDisposeScope();
    }

    public void Dispose() => _inner.Dispose();

    private static bool IsTransposed(string name) => name is "visual.proj" or "text_projection";

    private static string Rename(string name) => s_renames.Aggregate(name, (n, r) => n.Replace(r.From, r.To, StringComparison.Ordinal));

    private string[] Parts(string name) =>
        _sources.TryGetValue(name, out var parts) ? parts : throw new KeyNotFoundException($"{Source} has no tensor for '{name}'.");
}
