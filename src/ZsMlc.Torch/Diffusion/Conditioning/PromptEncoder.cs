using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion.TextEncoder;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Conditioning;

/// <summary>A text encoder with the tokenizer it was trained with. It owns the network.</summary>
public sealed class PromptEncoder : IDisposable
{
    /// <summary>Puts an encoder and its tokenizer together.</summary>
    /// <param name="network">The text encoder.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="padId">Token behind the end of a prompt; null for the end token.</param>
    /// <param name="length">Tokens of a prompt, start and end included, up to the encoder's positions; null for all of them.</param>
    /// <exception cref="ArgumentException">The tokenizer or the token has ids that the encoder does not know.</exception>
    public PromptEncoder(ClipTextEncoder network, ClipTokenizer tokenizer, int? padId = null, int? length = null)
    {
        var positions = network.Config.MaxPositionEmbeddings;
        OptionRange.Check(nameof(length), length ?? positions, length is null || (length >= 2 && length <= positions), $"2 to {positions}, the positions of the text encoder");
        if (TokenIds.Misfit(tokenizer, network.Config.VocabSize, padId) is { } misfit)
        {
            throw new ArgumentException(misfit, nameof(tokenizer));
        }

        (Network, Tokenizer, PadId, Length) = (network, tokenizer, padId ?? tokenizer.EndId, length ?? positions);
    }

    /// <summary>Gets the text encoder.</summary>
    public ClipTextEncoder Network { get; }

    /// <summary>Gets the tokenizer.</summary>
    public ClipTokenizer Tokenizer { get; }

    /// <summary>Gets the token behind the end of a prompt.</summary>
    public int PadId { get; }

    /// <summary>Gets the tokens of a prompt, start and end included.</summary>
    public int Length { get; }

    /// <summary>Whether a prompt is too long, so that its end is cut off.</summary>
    public bool IsTooLong(string prompt) => Tokenizer.Encode(prompt).Count > Length - 2;

    /// <summary>Ids of prompts; longer ones are cut.</summary>
    /// <returns>Int64 [N, Length] on the encoder's device.</returns>
    public Tensor Tokenize(IReadOnlyList<string> prompts)
    {
        using var scope = NewDisposeScope();
        return Tokenizer.Tokenize(prompts, Length, PadId).to(Network.Device).MoveToOuterDisposeScope();
    }

    /// <summary>Frees the network.</summary>
    public void Dispose() => Network.Free();
}
