using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Conditioning;

/// <summary>
/// How a family of diffusion models turns prompts into what its denoiser is conditioned on. This is all in which the families differ:
/// sampling, previews, tuning and files work on this type. It owns its encoders.
/// </summary>
public abstract class TextConditioning : IDisposable
{
    private protected TextConditioning(params IReadOnlyList<PromptEncoder> encoders) => Encoders = encoders;

    /// <summary>Gets the text encoders, in the order of the checkpoint's folders.</summary>
    public IReadOnlyList<PromptEncoder> Encoders { get; }

    /// <summary>Gets the class in the checkpoint's <c>model_index.json</c>.</summary>
    internal abstract string PipelineClass { get; }

    /// <summary>Gets the width of the states.</summary>
    internal abstract int StatesWidth { get; }

    /// <summary>Gets the width of the pooled text, or null when there is none.</summary>
    internal abstract int? PooledWidth { get; }

    /// <summary>Gets whether the family's pipelines obey an autoencoder's <c>force_upcast</c>.</summary>
    internal virtual bool WidensAutoencoder => false;

    /// <summary>Gets settings of the family for <c>model_index.json</c>.</summary>
    internal virtual IReadOnlyDictionary<string, object> IndexSettings => new Dictionary<string, object>();

    /// <summary>The sampler's settings as the family's pipeline of the reference takes them.</summary>
    internal virtual SchedulerConfig Corrected(SchedulerConfig scheduler) => scheduler;

    /// <summary>Encodes prompts, with gradients for the encoders' weights where these ask for them.</summary>
    /// <param name="prompts">N prompts; longer ones than the context are cut.</param>
    /// <param name="sizes">Sizes of the images; only some families use them.</param>
    /// <returns>N rows.</returns>
    public UnetConditioning Encode(IReadOnlyList<string> prompts, ImageSizes sizes)
    {
        using var scope = NewDisposeScope();
        return EncodeIds([.. Encoders.Select(e => e.Tokenize(prompts))], sizes).MoveToOuterDisposeScope();
    }

    /// <summary>Encodes what images should not show.</summary>
    /// <param name="negative">The negative prompt, or null for none. What none means is the family's matter; the empty prompt is encoded.</param>
    /// <param name="sizes">Sizes of the images; only some families use them.</param>
    /// <returns>One row.</returns>
    public virtual UnetConditioning EncodeNegative(string? negative, ImageSizes sizes) => Encode([negative ?? ""], sizes);

    /// <summary>Frees the text encoders.</summary>
    public void Dispose()
    {
        foreach (var encoder in Encoders)
        {
            encoder.Dispose();
        }
    }

    /// <summary>Encodes the token ids of each encoder [N, L].</summary>
    internal abstract UnetConditioning EncodeIds(IReadOnlyList<Tensor> ids, ImageSizes sizes);
}
