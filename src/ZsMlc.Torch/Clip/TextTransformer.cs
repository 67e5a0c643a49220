using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>CLIP's text tower: token and position embeddings, a causal transformer, and a projection at the end token.</summary>
public sealed class TextTransformer : nn.Module<Tensor, Tensor>
{
    internal readonly Embedding token_embedding;
    internal readonly Parameter positional_embedding;
    internal readonly Transformer transformer;
    internal readonly LayerNorm ln_final;
    internal readonly Parameter text_projection;

    internal TextTransformer(ClipTextConfig config, int embedDim, bool quickGelu)
        : base(nameof(TextTransformer))
    {
        Config = config;
        token_embedding = Layers.Embedding(config.VocabSize, config.Width);
        Layers.Normal_(token_embedding.weight!, 0.02);
        positional_embedding = Layers.Normal(0.01, config.ContextLength, config.Width);
        transformer = new(config.Width, config.HiddenWidth, config.Heads, config.Layers, causal: true, quickGelu);
        ln_final = Layers.LayerNorm(config.Width);
        text_projection = Layers.Normal(Math.Pow(config.Width, -0.5), config.Width, embedDim);
        RegisterComponents();
    }

    /// <summary>Gets the sizes of the tower.</summary>
    public ClipTextConfig Config { get; }

    /// <summary>Gets the blocks in order.</summary>
    public IReadOnlyList<TransformerBlock> Blocks => transformer.Blocks;

    /// <summary>Gets the position embeddings [context, width].</summary>
    public Tensor Positions => positional_embedding;

    /// <summary>Looks up token embeddings, without positions.</summary>
    /// <param name="ids">Token ids [N, L], Int64.</param>
    /// <returns>[N, L, width].</returns>
    /// <exception cref="ArgumentException">An id is none of the vocabulary, or the texts are longer than the context.</exception>
    public Tensor Embed(Tensor ids)
    {
        TokenIds.Check(ids, Config.VocabSize, Config.ContextLength);
        return token_embedding.forward(ids);
    }

    /// <summary>Text features of token ids.</summary>
    /// <param name="ids">Token ids [N, L], Int64, L at most the context length; the end token has the highest id of each row.</param>
    /// <returns>[N, E], not normalised.</returns>
    /// <exception cref="ArgumentException">An id is none of the vocabulary, or the texts are longer than the context.</exception>
    public override Tensor forward(Tensor ids)
    {
        using var scope = NewDisposeScope();
        return EncodeEmbedded(Embed(ids), ids.argmax(-1)).MoveToOuterDisposeScope();
    }

    /// <summary>Text features of prompts that are embedded already, learnt vectors for example.</summary>
    /// <param name="embedded">Token embeddings without positions [N, L, width].</param>
    /// <param name="endPositions">Index of each end token [N], Int64.</param>
    /// <returns>[N, E], not normalised.</returns>
    public Tensor EncodeEmbedded(Tensor embedded, Tensor endPositions)
    {
        using var scope = NewDisposeScope();
        var x = embedded + positional_embedding[..(int)embedded.shape[1]].to(embedded.dtype);
        return Project(transformer.forward(x), endPositions).MoveToOuterDisposeScope();
    }

    /// <summary>Final norm and projection of the hidden states at the end tokens.</summary>
    /// <param name="hidden">Output of the last block [N, L, width].</param>
    /// <param name="endPositions">Index of each end token within <paramref name="hidden"/> [N], Int64.</param>
    /// <returns>[N, E], not normalised.</returns>
    public Tensor Project(Tensor hidden, Tensor endPositions)
    {
        using var scope = NewDisposeScope();
        var rows = arange(hidden.shape[0], device: hidden.device);
        return ln_final.forward(hidden[rows, endPositions]).matmul(text_projection).MoveToOuterDisposeScope();
    }
}
