using Microsoft.ML.Data;
using TorchSharp;
using ZsMlc.Torch.Kernels;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.MLNet.Interop;

/// <summary>Moves pixels between ML.NET images and tensors.</summary>
internal static class ImagePixels
{
    static ImagePixels() => TorchRuntime.EnsureLoaded();

    /// <summary>Copies the colours of an image; where it is transparent they are darkened, as on a black ground.</summary>
    /// <param name="image">Image of any size.</param>
    /// <returns>RGB, Byte [3, H, W], on the CPU.</returns>
    public static Tensor ToTensor(MLImage image)
    {
        using var scope = NewDisposeScope();
        return Use(image, pixels => Colours(image, pixels)).MoveToOuterDisposeScope();
    }

    /// <summary>Stretches an image to a square, bicubically with antialiasing, as the classifier sees it.</summary>
    /// <param name="image">Image of any size.</param>
    /// <param name="size">Side of the square in pixels.</param>
    /// <returns>RGB, Byte [3, size, size], on the CPU.</returns>
    public static Tensor ToSquare(MLImage image, int size)
    {
        using var scope = NewDisposeScope();
        return Use(image, pixels => Colours(image, Square(pixels, size))).MoveToOuterDisposeScope();
    }

    /// <summary>Stretches an image to a square as <see cref="ToSquare"/> does, whose result does not change by it.</summary>
    /// <param name="image">Image of any size.</param>
    /// <param name="size">Side of the square in pixels.</param>
    public static MLImage Stretch(MLImage image, int size)
    {
        using var scope = NewDisposeScope();
        var square = Use(image, pixels => MLImage.CreateFromPixels(size, size, image.PixelFormat, Square(pixels, size).permute(1, 2, 0).contiguous().bytes));
        square.Tag = image.Tag;
        return square;
    }

    /// <summary>Makes an opaque image.</summary>
    /// <param name="pixels">RGB, Byte [3, H, W], on any device.</param>
    public static MLImage ToImage(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        var (height, width) = (pixels.shape[1], pixels.shape[2]);
        var rgba = cat([pixels.cpu(), full([1, height, width], 255, ScalarType.Byte)], 0).permute(1, 2, 0).contiguous();
        return MLImage.CreateFromPixels((int)width, (int)height, MLPixelFormat.Rgba32, rgba.bytes);
    }

    /// <summary>Four channels [4, H, W], stretched to [4, size, size].</summary>
    private static Tensor Square(Tensor pixels, int size) =>

        // As bytes and with all four channels, which libtorch resizes several times faster than numbers.
        pixels.shape[1] == size && pixels.shape[2] == size
            ? pixels
            : nn.functional.interpolate(pixels.unsqueeze(0), [size, size], mode: InterpolationMode.Bicubic, align_corners: false, antialias: true).squeeze(0);

    /// <summary>Red, green and blue of the image's four channels [4, H, W], on memory of their own.</summary>
    private static Tensor Colours(MLImage image, Tensor channels)
    {
        var colours = channels.narrow(0, 0, 3);
        return empty(colours.shape, ScalarType.Byte, CPU).copy_(image.PixelFormat == MLPixelFormat.Bgra32 ? colours.flip(0) : colours);
    }

    /// <summary>Works on an image's channels, [4, H, W], where they are. What it returns must have memory of its own.</summary>
    private static unsafe T Use<T>(MLImage image, Func<Tensor, T> work)
    {
        fixed (byte* bytes = image.Pixels)
        {
            using var pixels = LibtorchCpu.View(bytes, image.Height, image.Width, 4) ?? Copy(image);
            using var channels = pixels.permute(2, 0, 1);
            var result = work(channels);
            GC.KeepAlive(image);
            return result;
        }
    }

    private static Tensor Copy(MLImage image)
    {
        var pixels = empty([image.Height, image.Width, 4], ScalarType.Byte, CPU);
        image.Pixels.CopyTo(pixels.bytes);
        return pixels;
    }

    /// <summary>Disposes an image that a caller handed in for reuse and returns a copy of another.</summary>
    public static MLImage? Replace(MLImage? previous, MLImage? next)
    {
        previous?.Dispose();
        if (next is null)
        {
            return null;
        }

        var copy = MLImage.CreateFromPixels(next.Width, next.Height, next.PixelFormat, next.Pixels);
        copy.Tag = next.Tag;
        return copy;
    }
}
