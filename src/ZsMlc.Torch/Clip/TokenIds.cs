using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>Token ids against the tables that they index. A GPU does not survive one that is outside.</summary>
internal static class TokenIds
{
    /// <summary>Checks ids before they are looked up.</summary>
    /// <param name="ids">Token ids [N, L].</param>
    /// <param name="vocabulary">Number of token embeddings.</param>
    /// <param name="context">Number of position embeddings.</param>
    /// <exception cref="ArgumentException">An id or the length is outside; the message tells which and what is there.</exception>
    public static void Check(Tensor ids, int vocabulary, int context)
    {
        if (ids.dim() != 2 || ids.shape[1] > context)
        {
            throw new ArgumentException($"Token ids have the shape [{string.Join(", ", ids.shape)}]; expected [N, L] with at most {context} tokens a text.", nameof(ids));
        }

        if (ids.NumberOfElements == 0 || ids.device_type == DeviceType.META)
        {
            return;
        }

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (least, most) = (ids.min().to(ScalarType.Int64).item<long>(), ids.max().to(ScalarType.Int64).item<long>());
        if (least < 0 || most >= vocabulary)
        {
            throw new ArgumentException($"Token ids run from {least} to {most}, but the model knows {vocabulary} tokens, 0 to {vocabulary - 1}.", nameof(ids));
        }
    }

    /// <summary>What is wrong with a tokenizer, and with the token that pads, for a number of token embeddings; or null.</summary>
    public static string? Misfit(ClipTokenizer tokenizer, int vocabulary, int? padId = null) =>
        tokenizer.EndId >= vocabulary ? $"the tokenizer has ids up to {tokenizer.EndId}, but the model knows {vocabulary} tokens: its vocabulary is another model's."
        : padId < 0 || padId >= vocabulary ? $"texts are padded with the token {padId}, but the model knows the tokens 0 to {vocabulary - 1}."
        : null;
}
