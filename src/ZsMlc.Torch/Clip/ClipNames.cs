namespace ZsMlc.Torch.Clip;

/// <summary>
/// OpenAI's and open_clip's tensor names against those of <see cref="ClipModel"/>: there the text tower's tensors stand
/// at the top level, here in a module of their own.
/// </summary>
internal static class ClipNames
{
    private static readonly HashSet<string> s_ignored =
        ["input_resolution", "context_length", "vocab_size", "attn_mask", "text.attn_mask"];

    public static string? FromOpenAI(string name) =>
        s_ignored.Contains(name) ? null
        : name == "logit_scale" || name.StartsWith("visual.", StringComparison.Ordinal) || name.StartsWith("text.", StringComparison.Ordinal) ? name
        : "text." + name;

    public static string ToOpenAI(string name) => name.StartsWith("text.", StringComparison.Ordinal) ? name["text.".Length..] : name;
}
