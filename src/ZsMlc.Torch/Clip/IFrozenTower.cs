using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>A frozen image tower made fast for scoring and for training what stands beside it.</summary>
internal interface IFrozenTower : IDisposable
{
    /// <summary>Gets the element type that is computed in.</summary>
    ScalarType DType { get; }

    /// <summary>Pooled features: [B, E].</summary>
    /// <param name="images">Normalised pixels [B, 3, H, W].</param>
    Tensor Encode(Tensor images);

    /// <summary>Features of every position: [B, 1 + positions, E], token 0 for the whole image.</summary>
    /// <param name="images">Normalised pixels [B, 3, H, W].</param>
    Tensor EncodeDense(Tensor images);
}
