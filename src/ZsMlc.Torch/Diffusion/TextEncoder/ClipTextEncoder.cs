using TorchSharp;
using TorchSharp.Modules;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.TextEncoder;

/// <summary>
/// A text encoder of Stable Diffusion: a Hugging Face <c>CLIPTextModel</c> or <c>CLIPTextModelWithProjection</c>, whose tensor
/// names its fields keep.
/// </summary>
public sealed class ClipTextEncoder : nn.Module<Tensor, Tensor>
{
    internal readonly ClipTextModel text_model;
    internal readonly Linear? text_projection;

    /// <summary>Creates the encoder with random weights.</summary>
    /// <exception cref="NotSupportedException">The configuration is of another architecture.</exception>
    public ClipTextEncoder(TextEncoderConfig config)
        : base(nameof(ClipTextEncoder))
    {
        config.Validate();
        Config = config;
        text_model = new(config);
        text_projection = config.HasProjection ? Layers.Linear(config.HiddenSize, config.ProjectionDim, hasBias: false) : null;
        foreach (var (name, parameter) in text_model.named_parameters())
        {
            if (parameter.dim() == 2)
            {
                Layers.Normal_(parameter, 0.02);
            }
            else if (name.EndsWith("proj.bias", StringComparison.Ordinal) || name.Contains(".fc"))
            {
                nn.init.zeros_(parameter);
            }
        }

        RegisterComponents();
    }

    /// <summary>Gets the sizes.</summary>
    public TextEncoderConfig Config { get; }

    /// <summary>Gets the device of the weights.</summary>
    public Device Device => text_model.final_layer_norm.weight!.device;

    /// <summary>Gets the element type of the weights.</summary>
    public ScalarType DType => text_model.final_layer_norm.weight!.dtype;

    /// <summary>Hidden states behind the final norm.</summary>
    /// <param name="ids">Token ids [N, L], Int64.</param>
    /// <returns>[N, L, HiddenSize].</returns>
    public override Tensor forward(Tensor ids) => Encode(ids).Final;

    /// <summary>Hidden states behind the final norm, and in front of it after every block.</summary>
    /// <param name="ids">Token ids [N, L], Int64.</param>
    /// <param name="attentionMask">Int64 or Boolean [N, L], non-zero for tokens to attend to; Stable Diffusion passes none.</param>
    /// <returns>The final states, and the embeddings followed by each block's output.</returns>
    public (Tensor Final, IReadOnlyList<Tensor> Hidden) Encode(Tensor ids, Tensor? attentionMask = null)
    {
        using var scope = NewDisposeScope();
        if (RunCache.Wide(this, () => new(Config)) is { } wide)
        {
            var (last, all) = wide.Encode(ids, attentionMask);
            return (last.to(DType).MoveToOuterDisposeScope(), all.Select(h => h.to(DType).MoveToOuterDisposeScope()).ToList());
        }

        Tensor? mask = null;
        if (attentionMask is not null)
        {
            var length = ids.shape[1];
            var causal = ones(length, length, ScalarType.Bool, ids.device).tril();
            mask = causal.logical_and(attentionMask.to(ScalarType.Bool).view(ids.shape[0], 1, 1, length));
        }

        var hidden = new List<Tensor> { text_model.embeddings.forward(ids) };
        foreach (var layer in text_model.encoder.layers)
        {
            hidden.Add(layer.forward(hidden[^1], mask));
        }

        var final = text_model.final_layer_norm.forward(hidden[^1]).MoveToOuterDisposeScope();
        return (final, hidden.Select(h => h.MoveToOuterDisposeScope()).ToList());
    }

    /// <summary>The final norm alone, for hidden states of an earlier block.</summary>
    public Tensor FinalNorm(Tensor hidden) => text_model.final_layer_norm.forward(hidden);

    /// <summary>The text as one vector: the final states at its first end token, projected.</summary>
    /// <param name="final">Final states [N, L, HiddenSize].</param>
    /// <param name="ids">The token ids [N, L] that they were computed from.</param>
    /// <param name="endId">The tokenizer's end token. The checkpoint's own number is wrong in published files, and tokens added to a vocabulary lie above it.</param>
    /// <returns>[N, ProjectionDim].</returns>
    /// <exception cref="InvalidOperationException">The encoder has no projection.</exception>
    public Tensor Pool(Tensor final, Tensor ids, int endId)
    {
        if (text_projection is null)
        {
            throw new InvalidOperationException("This text encoder has no projection.");
        }

        using var scope = NewDisposeScope();
        var length = ids.shape[1];
        var positions = arange(length, dtype: ScalarType.Int64, device: ids.device).expand(ids.shape);
        var end = positions.masked_fill(ids.ne(endId), length - 1).amin([1], keepdim: true).unsqueeze(-1);
        var states = final.gather(1, end.expand(-1, -1, final.shape[2])).squeeze(1);
        return text_projection.forward(states).MoveToOuterDisposeScope();
    }
}

/// <summary>Embeddings, blocks and final norm.</summary>
internal sealed class ClipTextModel : nn.Module
{
    internal readonly ClipTextEmbeddings embeddings;
    internal readonly ClipTextStack encoder;
    internal readonly LayerNorm final_layer_norm;

    public ClipTextModel(TextEncoderConfig config)
        : base(nameof(ClipTextModel))
    {
        embeddings = new(config);
        encoder = new(config);
        final_layer_norm = Layers.LayerNorm(config.HiddenSize, config.LayerNormEps);
        RegisterComponents();
    }
}

/// <summary>Token and position embeddings.</summary>
internal sealed class ClipTextEmbeddings : nn.Module<Tensor, Tensor>
{
    internal readonly Embedding token_embedding;
    internal readonly Embedding position_embedding;

    public ClipTextEmbeddings(TextEncoderConfig config)
        : base(nameof(ClipTextEmbeddings))
    {
        token_embedding = Layers.Embedding(config.VocabSize, config.HiddenSize);
        position_embedding = Layers.Embedding(config.MaxPositionEmbeddings, config.HiddenSize);
        RegisterComponents();
    }

    public override Tensor forward(Tensor ids)
    {
        TokenIds.Check(ids, (int)token_embedding.weight!.shape[0], (int)position_embedding.weight!.shape[0]);
        using var scope = NewDisposeScope();
        var positions = arange(ids.shape[1], device: ids.device);
        return (token_embedding.forward(ids) + position_embedding.forward(positions)).MoveToOuterDisposeScope();
    }
}

/// <summary>The blocks.</summary>
internal sealed class ClipTextStack : nn.Module
{
    internal readonly ModuleList<ClipTextLayer> layers;

    public ClipTextStack(TextEncoderConfig config)
        : base(nameof(ClipTextStack))
    {
        layers = nn.ModuleList(Enumerable.Range(0, config.NumHiddenLayers).Select(_ => new ClipTextLayer(config)).ToArray());
        RegisterComponents();
    }
}
