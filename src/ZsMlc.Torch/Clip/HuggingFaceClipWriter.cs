using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>Puts OpenAI's tensors into Hugging Face's names and shapes.</summary>
internal static class HuggingFaceClipWriter
{
    /// <summary>Renames, transposes and splits; new tensors belong to the current dispose scope.</summary>
    public static IEnumerable<KeyValuePair<string, Tensor>> Convert(IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        foreach (var (name, tensor) in tensors)
        {
            var renamed = HuggingFaceNames.FromOpenAI(name);
            if (name.Contains(HuggingFaceNames.JointProjection, StringComparison.Ordinal))
            {
                foreach (var (part, projection) in tensor.chunk(3, 0).Zip(HuggingFaceNames.Projections))
                {
                    yield return new(renamed.Replace(HuggingFaceNames.JointProjection, projection, StringComparison.Ordinal), part);
                }
            }
            else
            {
                yield return new(renamed, HuggingFaceNames.IsTransposed(name) ? tensor.t() : tensor);
            }
        }
    }
}
