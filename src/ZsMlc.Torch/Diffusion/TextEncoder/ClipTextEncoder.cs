using TorchSharp;
using TorchSharp.Modules;
using ZsMlc.Torch.Diffusion.Blocks;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.TextEncoder;

/// <summary>The text encoder of Stable Diffusion: a Hugging Face <c>CLIPTextModel</c>, whose tensor names its fields keep.</summary>
public sealed class ClipTextEncoder : nn.Module<Tensor, Tensor>
{
    internal readonly ClipTextModel text_model;

    /// <summary>Creates the encoder with random weights.</summary>
    public ClipTextEncoder(TextEncoderConfig config)
        : base(nameof(ClipTextEncoder))
    {
        Config = config;
        text_model = new(config);
        foreach (var (name, parameter) in text_model.named_parameters())
        {
            if (parameter.dim() == 2)
            {
                nn.init.normal_(parameter, 0, 0.02);
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
