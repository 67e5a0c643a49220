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

    // No buffers: TorchSharp 0.107 does not move those that a checkpoint has no place for, so the module moves its frame itself.
    private (Tensor Start, Tensor Suffix, Tensor End) _frame;

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
        _frame = (frame.Start.DetachFromDisposeScope(), frame.Suffix.DetachFromDisposeScope(), frame.End.DetachFromDisposeScope());
        var width = frame.Start.shape[^1];
        long[] shape = specific ? [frame.Suffix.shape[0], tokens, width] : [tokens, width];
        ctx_pos = Layers.Normal(0.02, shape);
        ctx_neg = Layers.Normal(0.02, shape);
        RegisterComponents();
    }

    /// <summary>Gets whether one pair of contexts serves all labels.</summary>
    public bool IsGeneric => ctx_pos.dim() == 2;

    /// <summary>Gets the number of labels.</summary>
    public int Labels => (int)_frame.Suffix.shape[0];

    /// <summary>Gets the tokens in front of a label's name: the start token and the context.</summary>
    public long PrefixLength => 1 + ctx_pos.shape[^2];

    /// <summary>What stands in front of every label's name, generic contexts only: [1, 1 + n, W].</summary>
    public Tensor SharedPrefix(bool positive)
    {
        using var scope = NewDisposeScope();
        var context = positive ? ctx_pos : ctx_neg;
        return cat([_frame.Start, context], 0).unsqueeze(0).MoveToOuterDisposeScope();
    }

    /// <summary>Name, full stop, end token and padding of the labels: [C, S, W], and the end's index in it [C].</summary>
    public (Tensor Suffix, Tensor End) Suffixes() => (_frame.Suffix, _frame.End);

    /// <summary>Whole prompts [C, 1 + n + S, W] and the index of their end tokens [C].</summary>
    public (Tensor Prompts, Tensor End) Prompts(bool positive)
    {
        using var scope = NewDisposeScope();
        var context = positive ? ctx_pos : ctx_neg;
        var count = Labels;
        var start = _frame.Start.unsqueeze(0).expand(count, 1, -1);
        var learnt = IsGeneric ? context.unsqueeze(0).expand(count, -1, -1) : context;
        var prompts = cat([start, learnt, _frame.Suffix], 1);
        return (prompts.MoveToOuterDisposeScope(), (_frame.End + PrefixLength).MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    protected override void _toEpilog(ScalarType? dtype, Device? device, bool non_blocking)
    {
        base._toEpilog(dtype, device, non_blocking);
        Tensor Moved(Tensor t) => t.to(t.is_floating_point() ? dtype ?? t.dtype : t.dtype, device ?? t.device, disposeAfter: true).DetachFromDisposeScope();
        _frame = (Moved(_frame.Start), Moved(_frame.Suffix), Moved(_frame.End));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _frame.Start.Dispose();
            _frame.Suffix.Dispose();
            _frame.End.Dispose();
        }

        base.Dispose(disposing);
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
                throw new ArgumentException(room < 3
                    ? $"{context} context tokens leave no label room in the text tower's {length}; use {length - 4} or fewer."
                    : $"The label '{label}' has {ids.Count} tokens; with {context} context tokens at most {room - 1} fit into the text tower's {length}. Shorten the label or use fewer context tokens.", nameof(labels));
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
