using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>
/// CLIP's preprocessing: the shorter side is resized bicubically with antialiasing, the centre is cut out, and the
/// channels are normalised by CLIP's mean and standard deviation.
/// </summary>
/// <remarks>
/// Bytes come out within 2 of 255 steps of Pillow's bicubic resize, which OpenAI used, and on average within a tenth of a
/// step.
/// </remarks>
/// <param name="size">Side of the square result in pixels.</param>
/// <param name="pixels">The normalisation; by default that of OpenAI's CLIP.</param>
public sealed class ClipPreprocessor(int size, PixelNormalization? pixels = null)
{
    // From here on, resizing the whole long side to throw most of it away costs more than a product with a narrow matrix.
    private const int LongImage = 4;

    // Floating-point pixels run from 0 to 1 with a little overshoot; bytes taken for them are far beyond.
    private const float LargestPixel = 16;

    private readonly PixelNormalization _pixels = pixels ?? PixelNormalization.OpenAI;

    /// <summary>Gets the side of the square result in pixels.</summary>
    public int Size { get; } = size;

    /// <summary>Resizes, cuts and normalises.</summary>
    /// <param name="images">RGB pixels [B, 3, H, W] or [3, H, W]: Byte from 0 to 255, or floating point from 0 to 1.</param>
    /// <returns>[B, 3, Size, Size] on the same device, Float32 for bytes and else of the same type; gradients flow for floating-point input.</returns>
    /// <exception cref="ArgumentException">
    /// The shape or element type is another one, or there are NaN pixels or pixels far outside the range; pixels that
    /// need gradients are not looked at.
    /// </exception>
    public Tensor Preprocess(Tensor images)
    {
        using var scope = NewDisposeScope();
        return Normalize(Resize(images)).MoveToOuterDisposeScope();
    }

    /// <summary>Resizes the shorter side to <see cref="Size"/> and cuts out the centre.</summary>
    /// <param name="images">As for <see cref="Preprocess"/>.</param>
    /// <returns>[B, 3, Size, Size] of the same element type; bytes are rounded, as image libraries do.</returns>
    /// <exception cref="ArgumentException">As for <see cref="Preprocess"/>.</exception>
    public Tensor Resize(Tensor images)
    {
        using var scope = NewDisposeScope();
        var x = images.dim() == 3 ? images.unsqueeze(0) : images;
        Check(x, images);
        var (height, width) = (x.shape[2], x.shape[3]);
        if (height == Size && width == Size)
        {
            return x.alias().MoveToOuterDisposeScope();
        }

        var (h, w) = height <= width ? (Size, Size * width / height) : (Size * height / width, (long)Size);
        // Width first, then height, as Pillow does: bytes are cut to their range in between.
        if (w > LongImage * Size)
        {
            x = Interpolate(LongSide(x, w, 3), Size, Size);
            w = Size;
        }
        else if (h > LongImage * Size)
        {
            x = LongSide(x, h, 2);
            h = Size;
        }
        else
        {
            x = Interpolate(x, h, w);
        }

        return x.narrow(2, Start(h), Size).narrow(3, Start(w), Size).alias().MoveToOuterDisposeScope();
    }

    /// <summary>Normalises pixels that have the right size already.</summary>
    /// <param name="images">RGB pixels [B, 3, H, W]: Byte from 0 to 255, or floating point from 0 to 1.</param>
    /// <returns>Normalised pixels of the same shape; Float32 for bytes, else of the same type.</returns>
    public Tensor Normalize(Tensor images)
    {
        using var scope = NewDisposeScope();
        var bytes = images.dtype == ScalarType.Byte;
        var x = bytes ? images.to(ScalarType.Float32).div_(255) : images;
        var mean = tensor(_pixels.Mean(), dtype: x.dtype, device: x.device).view(1, 3, 1, 1);
        var std = tensor(_pixels.Deviation(), dtype: x.dtype, device: x.device).view(1, 3, 1, 1);
        return (bytes ? x.sub_(mean).div_(std) : (x - mean) / std).MoveToOuterDisposeScope();
    }

    private static void Check(Tensor x, Tensor images)
    {
        if (x.dim() != 4 || x.shape[0] < 1 || x.shape[1] != 3 || x.shape[2] < 1 || x.shape[3] < 1)
        {
            throw new ArgumentException($"Images have the shape [{string.Join(", ", images.shape)}]; expected [B, 3, H, W] or [3, H, W] with B, H and W of 1 or more.", nameof(images));
        }

        if (x.dtype == ScalarType.Byte)
        {
            return;
        }

        if (!is_floating_point(x.dtype))
        {
            throw new ArgumentException($"Images have the element type {x.dtype}; expected Byte or a floating-point type.", nameof(images));
        }

        // A tuning step with such pixels must reach its loss, where it is skipped as a whole.
        if (x.requires_grad)
        {
            return;
        }

        using var largest = x.detach().abs().amax([1, 2, 3]).to(ScalarType.Float32).cpu();
        var values = largest.data<float>().ToArray();
        for (var i = 0; i < values.Length; i++)
        {
            if (float.IsNaN(values[i]))
            {
                throw new ArgumentException($"Image {i} of {values.Length} has NaN pixels.", nameof(images));
            }

            if (values[i] > LargestPixel)
            {
                throw new ArgumentException($"Image {i} of {values.Length} has pixels up to {values[i]}; floating-point pixels run from 0 to 1, and bytes must have the type Byte.", nameof(images));
            }
        }
    }

    // The rounding of a half to the even neighbour is that of the reference as well.
    private long Start(long length) => (long)Math.Round((length - Size) / 2.0);

    private static Tensor Interpolate(Tensor x, long h, long w)
    {
        // Only the CPU resizes bytes as they are; only in single precision do all devices resize.
        var bytes = x.dtype == ScalarType.Byte;
        var direct = bytes ? x.device_type == DeviceType.CPU : x.dtype is ScalarType.Float32 or ScalarType.Float64;
        var resized = nn.functional.interpolate(direct ? x : x.to(ScalarType.Float32), [h, w], mode: InterpolationMode.Bicubic, align_corners: false, antialias: true);
        return direct ? resized : Back(resized, x.dtype);
    }

    /// <summary>Resizes a long side, and of it only what the centre shows; a long height after its width.</summary>
    private Tensor LongSide(Tensor x, long length, int dimension)
    {
        var (first, weights) = CubicWindow.Make(x.shape[dimension], length, Start(length), Size);
        var matrix = weights.to(x.device);
        var window = x.narrow(dimension, first, weights.shape[1]);
        var resized = dimension == 3
            ? window.to(ScalarType.Float32).matmul(matrix.t())
            : matrix.matmul(Interpolate(window, window.shape[2], Size).to(ScalarType.Float32));
        return Back(resized, x.dtype);
    }

    private static Tensor Back(Tensor x, ScalarType dtype) => dtype == ScalarType.Byte ? x.round().clamp(0, 255).to(dtype) : x.to(dtype);
}
