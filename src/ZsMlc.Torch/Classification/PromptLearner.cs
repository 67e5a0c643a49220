using TorchSharp;
using TorchSharp.Modules;
using ZsMlc.Torch.Clip;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Classification;

/// <summary>
/// Dual context: a positive and a negative run of learnt vectors between the start token and a label's name, either one
/// pair for all labels (generic) or one a label.
/// </summary>
internal sealed class PromptLearner : nn.Module
{
    internal readonly Parameter ctx_pos;
    internal readonly Parameter ctx_neg;
    private readonly Tensor prefix;
    private readonly Tensor suffix;
    private readonly Tensor end;

    /// <summary>Creates the learner with contexts of N(0, 0.02²).</summary>
    /// <param name="text">The text tower, whose token embeddings are copied.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="labels">The labels.</param>
    /// <param name="tokens">Number n of learnt vectors.</param>
    /// <param name="specific">Whether every label has its own contexts.</param>
    public PromptLearner(TextTransformer text, ClipTokenizer tokenizer, IReadOnlyList<string> labels, int tokens, bool specific)
        : this(Embed(text, tokenizer, labels, tokens), tokens, specific)
    {
    }

    /// <summary>Creates the learner from embeddings.</summary>
    /// <param name="frame">Start embedding [1, W], suffix embeddings [C, S, W] up to the end token and beyond, and the end's index within the suffix [C].</param>
    /// <param name="tokens">Number n of learnt vectors.</param>
    /// <param name="specific">Whether every label has its own contexts.</param>
    public PromptLearner((Tensor Start, Tensor Suffix, Tensor End) frame, int tokens, bool specific)
        : base(nameof(PromptLearner))
    {
        (prefix, suffix, end) = frame;
        var width = prefix.shape[^1];
        long[] shape = specific ? [suffix.shape[0], tokens, width] : [tokens, width];
        ctx_pos = Layers.Normal(0.02, shape);
        ctx_neg = Layers.Normal(0.02, shape);
        register_buffer("prefix", prefix, persistent: false);
        register_buffer("suffix", suffix, persistent: false);
        register_buffer("end", end, persistent: false);
        RegisterComponents();
    }

    /// <summary>Gets whether one pair of contexts serves all labels.</summary>
    public bool IsGeneric => ctx_pos.dim() == 2;

    /// <summary>Gets the number of labels.</summary>
    public int Labels => (int)suffix.shape[0];

    /// <summary>Gets the tokens in front of a label's name: the start token and the context.</summary>
    public long PrefixLength => 1 + ctx_pos.shape[^2];

    /// <summary>What stands in front of every label's name, generic contexts only: [1, 1 + n, W].</summary>
    public Tensor SharedPrefix(bool positive)
    {
        using var scope = NewDisposeScope();
        var context = positive ? ctx_pos : ctx_neg;
        return cat([get_buffer("prefix")!, context], 0).unsqueeze(0).MoveToOuterDisposeScope();
    }

    /// <summary>Name, full stop, end token and padding of the labels: [C, S, W], and the end's index in it [C].</summary>
    public (Tensor Suffix, Tensor End) Suffixes() => (get_buffer("suffix")!, get_buffer("end")!);

    /// <summary>Whole prompts [C, 1 + n + S, W] and the index of their end tokens [C].</summary>
    public (Tensor Prompts, Tensor End) Prompts(bool positive)
    {
        using var scope = NewDisposeScope();
        var context = positive ? ctx_pos : ctx_neg;
        var count = Labels;
        var start = get_buffer("prefix")!.unsqueeze(0).expand(count, 1, -1);
        var learnt = IsGeneric ? context.unsqueeze(0).expand(count, -1, -1) : context;
        var prompts = cat([start, learnt, get_buffer("suffix")!], 1);
        return (prompts.MoveToOuterDisposeScope(), (get_buffer("end")! + PrefixLength).MoveToOuterDisposeScope());
    }

    /// <summary>The tokens of the labels' names, as they stand behind a context.</summary>
    /// <param name="tokenizer">The text tower's tokenizer.</param>
    /// <param name="labels">The labels.</param>
    /// <param name="context">Number n of learnt vectors.</param>
    /// <param name="length">Tokens that the text tower takes.</param>
    /// <exception cref="ArgumentException">A label has too many tokens; the message names it.</exception>
    public static IReadOnlyList<(string Label, IReadOnlyList<int> Ids)> Tokens(ClipTokenizer tokenizer, IReadOnlyList<string> labels, int context, int length)
    {
        var room = length - 1 - context;
        List<(string Label, IReadOnlyList<int> Ids)> names = [.. labels.Select(l => (l, (IReadOnlyList<int>)tokenizer.Encode(l + ".")))];
        foreach (var (label, ids) in names)
        {
            if (ids.Count + 1 > room)
            {
                throw new ArgumentException($"The label '{label}' has {ids.Count} tokens; with {context} context tokens at most {room - 1} fit into the text tower's {length}. Shorten the label or use fewer context tokens.", nameof(labels));
            }
        }

        return names;
    }

    private static (Tensor, Tensor, Tensor) Embed(TextTransformer text, ClipTokenizer tokenizer, IReadOnlyList<string> labels, int tokens)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var names = Tokens(tokenizer, labels, tokens, text.Config.ContextLength);

        // Tokens behind the end token change nothing (attention is causal), so rows are only as long as the longest needs.
        var length = names.Max(n => n.Ids.Count) + 1;
        var suffix = new long[labels.Count, length];
        for (var i = 0; i < labels.Count; i++)
        {
            var ids = names[i].Ids;
            for (var k = 0; k < ids.Count; k++)
            {
                suffix[i, k] = ids[k];
            }

            suffix[i, ids.Count] = tokenizer.EndId;
        }

        var device = text.Positions.device;
        var start = text.Embed(tensor(new[,] { { (long)tokenizer.StartId } }, device: device))[0];
        var end = tensor(names.Select(n => (long)n.Ids.Count).ToArray(), device: device);
        return (start.detach().MoveToOuterDisposeScope(), text.Embed(tensor(suffix, device: device)).detach().MoveToOuterDisposeScope(), end.MoveToOuterDisposeScope());
    }
}
