namespace ZsMlc.Torch.Clip;

/// <summary>Tensor names of Hugging Face's CLIP against OpenAI's. Queries, keys and values are one tensor at OpenAI's.</summary>
internal static class HuggingFaceNames
{
    private static readonly (string HuggingFace, string OpenAI)[] s_parts =
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

    /// <summary>Separate projections in the order in which OpenAI joins them.</summary>
    public static IReadOnlyList<string> Projections { get; } = [".self_attn.q_proj.", ".self_attn.k_proj.", ".self_attn.v_proj."];

    public const string JointProjection = ".attn.in_proj_";

    /// <summary>Whether a tensor is stored transposed by Hugging Face: the two projections into the embedding.</summary>
    public static bool IsTransposed(string openAIName) => openAIName is "visual.proj" or "text_projection";

    public static string ToOpenAI(string name) => s_parts.Aggregate(name, (n, p) => n.Replace(p.HuggingFace, p.OpenAI, StringComparison.Ordinal));

    public static string FromOpenAI(string name) => s_parts.Aggregate(name, (n, p) => n.Replace(p.OpenAI, p.HuggingFace, StringComparison.Ordinal));
}
