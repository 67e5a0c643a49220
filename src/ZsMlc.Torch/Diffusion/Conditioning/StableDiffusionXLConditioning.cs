using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Conditioning;

/// <summary>
/// SDXL (Podell et al. 2023): the penultimate states of two text encoders side by side, without a final norm; the second encoder's
/// pooled text; and the sizes of the image.
/// </summary>
public sealed class StableDiffusionXLConditioning : TextConditioning
{
    private readonly bool _zeros;

    /// <summary>Creates the conditioning.</summary>
    /// <param name="first">The first text encoder.</param>
    /// <param name="second">The second one, with a projection.</param>
    /// <param name="forceZerosForEmptyPrompt">Whether zeros stand for a negative prompt that is not given (SDXL base), instead of the empty prompt. Default true.</param>
    /// <exception cref="ArgumentException">The second encoder has no projection, or the encoders take different numbers of tokens.</exception>
    public StableDiffusionXLConditioning(PromptEncoder first, PromptEncoder second, bool forceZerosForEmptyPrompt = true)
        : base(first, second)
    {
        _zeros = forceZerosForEmptyPrompt;
        if (!second.Network.Config.HasProjection)
        {
            throw new ArgumentException($"The second text encoder is a {string.Join(", ", second.Network.Config.Architectures)}; expected one with a projection.", nameof(second));
        }

        if (first.Length != second.Length)
        {
            throw new ArgumentException($"The text encoders take {first.Length} and {second.Length} tokens; expected as many for both.", nameof(second));
        }
    }

    internal override string PipelineClass => "StableDiffusionXLPipeline";

    internal override int StatesWidth => Encoders.Sum(e => e.Network.Config.HiddenSize);

    internal override bool WidensAutoencoder => true;

    internal override int? PooledWidth => Encoders[1].Network.Config.ProjectionDim;

    internal override IReadOnlyDictionary<string, object> IndexSettings => new Dictionary<string, object> { ["force_zeros_for_empty_prompt"] = _zeros };

    /// <inheritdoc/>
    public override UnetConditioning EncodeNegative(string? negative, ImageSizes sizes)
    {
        if (negative is not null || !_zeros)
        {
            return base.EncodeNegative(negative, sizes);
        }

        var (device, type) = (Encoders[0].Network.Device, Encoders[0].Network.DType);
        return new(
            zeros([1, Encoders[0].Length, StatesWidth], type, device),
            zeros([1, PooledWidth!.Value], type, device),
            sizes.Rows(1, device));
    }

    internal override UnetConditioning EncodeIds(IReadOnlyList<Tensor> ids, ImageSizes sizes)
    {
        using var scope = NewDisposeScope();
        var (_, first) = Encoders[0].Network.Encode(ids[0]);
        var (final, second) = Encoders[1].Network.Encode(ids[1]);
        return new UnetConditioning(
            cat([first[^2], second[^2]], -1),
            Encoders[1].Network.Pool(final, ids[1], Encoders[1].Tokenizer.EndId),
            sizes.Rows(ids[0].shape[0], ids[0].device)).MoveToOuterDisposeScope();
    }
}
