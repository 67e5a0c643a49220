using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>
/// CLIP's preprocessing: the shorter side is resized bicubically with antialiasing, the centre is cut out, and the
/// channels are normalised by CLIP's mean and standard deviation.
/// </summary>
/// <param name="size">Side of the square result in pixels.</param>
public sealed class ClipPreprocessor(int size)
{
    private static readonly float[] s_mean = [0.48145466f, 0.4578275f, 0.40821073f];
    private static readonly float[] s_std = [0.26862954f, 0.26130258f, 0.27577711f];

    /// <summary>Gets the side of the square result in pixels.</summary>
    public int Size { get; } = size;

    /// <summary>Resizes, cuts and normalises.</summary>
    /// <param name="images">RGB pixels [B, 3, H, W] or [3, H, W]: Byte from 0 to 255, or floating point from 0 to 1.</param>
    /// <returns>Float32 [B, 3, Size, Size] on the same device; gradients flow for floating-point input.</returns>
    /// <exception cref="ArgumentException">The shape is another one.</exception>
    public Tensor Preprocess(Tensor images)
    {
        using var scope = NewDisposeScope();
        return Normalize(Resize(images)).MoveToOuterDisposeScope();
    }

    /// <summary>Resizes the shorter side to <see cref="Size"/> and cuts out the centre.</summary>
    /// <param name="images">As for <see cref="Preprocess"/>.</param>
    /// <returns>[B, 3, Size, Size] of the same element type; bytes are rounded, as image libraries do.</returns>
    public Tensor Resize(Tensor images)
    {
        using var scope = NewDisposeScope();
        var x = images.dim() == 3 ? images.unsqueeze(0) : images;
        if (x.dim() != 4 || x.shape[1] != 3 || x.shape[2] < 1 || x.shape[3] < 1)
        {
            throw new ArgumentException($"Images have the shape [{string.Join(", ", images.shape)}]; expected [B, 3, H, W] with H and W of 1 or more.", nameof(images));
        }

        var (height, width) = (x.shape[2], x.shape[3]);
        var bytes = x.dtype == ScalarType.Byte;
        if (height != Size || width != Size)
        {
            var (h, w) = height <= width ? (Size, Size * width / height) : (Size * height / width, (long)Size);
            var resized = nn.functional.interpolate(bytes ? x.to(ScalarType.Float32) : x, [h, w], mode: InterpolationMode.Bicubic, align_corners: false, antialias: true);
            var (top, left) = ((long)Math.Round((h - Size) / 2.0), (long)Math.Round((w - Size) / 2.0));
            resized = resized.narrow(2, top, Size).narrow(3, left, Size);
            x = bytes ? resized.round().clamp(0, 255).to(ScalarType.Byte) : resized;
        }

        return x.alias().MoveToOuterDisposeScope();
    }

    /// <summary>Normalises pixels that have the right size already.</summary>
    /// <param name="images">RGB pixels [B, 3, H, W]: Byte from 0 to 255, or floating point from 0 to 1.</param>
    /// <returns>Normalised pixels of the same shape; Float32 for bytes, else of the same type.</returns>
    public static Tensor Normalize(Tensor images)
    {
        using var scope = NewDisposeScope();
        var x = images.dtype == ScalarType.Byte ? images.to(ScalarType.Float32) / 255 : images;
        var mean = tensor(s_mean, dtype: x.dtype, device: x.device).view(1, 3, 1, 1);
        var std = tensor(s_std, dtype: x.dtype, device: x.device).view(1, 3, 1, 1);
        return ((x - mean) / std).MoveToOuterDisposeScope();
    }
}
