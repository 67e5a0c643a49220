using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>An image tower of CLIP.</summary>
public interface IImageEncoder
{
    /// <summary>Gets the sizes of the tower.</summary>
    ClipVisionConfig Config { get; }

    /// <summary>Pooled image features.</summary>
    /// <param name="images">Normalised pixels [B, 3, H, W].</param>
    /// <returns>[B, E], not normalised.</returns>
    Tensor Encode(Tensor images);

    /// <summary>Features of every position, in the space of the text features. Token 0 stands for the whole image.</summary>
    /// <param name="images">Normalised pixels [B, 3, H, W].</param>
    /// <returns>[B, 1 + positions, E], not normalised.</returns>
    Tensor EncodeDense(Tensor images);
}
