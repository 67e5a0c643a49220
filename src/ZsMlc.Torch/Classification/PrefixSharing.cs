using ZsMlc.Torch.Clip;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Classification;

/// <summary>
/// Text features of learnt prompts. Start token and generic context are the same for every label and attention is causal,
/// so they run through the text tower once, and the labels' few tokens run against their keys and values. The result is
/// that of the whole prompts, up to rounding.
/// </summary>
internal static class PrefixSharing
{
    /// <summary>Features of all labels under one of the two contexts.</summary>
    /// <returns>[C, E], not normalised.</returns>
    public static Tensor Encode(TextTransformer text, PromptLearner prompts, bool positive)
    {
        using var scope = NewDisposeScope();
        var length = (int)prompts.PrefixLength;
        var prefix = prompts.SharedPrefix(positive) + text.Positions[..length];
        var (embedded, end) = prompts.Suffixes();
        var suffix = embedded + text.Positions[length..(length + (int)embedded.shape[1])];
        var mask = Visible(suffix.shape[1], length, suffix.device);
        foreach (var block in text.Blocks)
        {
            var (next, keys, values) = block.ForwardKeeping(prefix);
            suffix = block.ForwardAfter(suffix, keys, values, mask);
            prefix = next;
        }

        return text.Project(suffix, end).MoveToOuterDisposeScope();
    }

    /// <summary>The same by whole prompts: for contexts of their own a label, and to check the shared path.</summary>
    public static Tensor EncodePlain(TextTransformer text, PromptLearner prompts, bool positive)
    {
        using var scope = NewDisposeScope();
        var (embedded, end) = prompts.Prompts(positive);
        return text.EncodeEmbedded(embedded, end).MoveToOuterDisposeScope();
    }

    /// <summary>[S, P + S]: each of S tokens sees the whole prefix of P and, of the suffix, itself and what stands before it.</summary>
    private static Tensor Visible(long suffix, long prefix, Device device)
    {
        using var scope = NewDisposeScope();
        var own = ones(suffix, suffix, ScalarType.Bool, device).tril();
        return cat([ones(suffix, prefix, ScalarType.Bool, device), own], 1).MoveToOuterDisposeScope();
    }
}
