using TorchSharp;
using ZsMlc.MLNet.Images;
using ZsMlc.MLNet.Interop;
using ZsMlc.Torch.Clip;
using static TorchSharp.torch;

namespace ZsMlc.MLNet.SyntheticData.Services;

/// <summary>Brings what a service answered to the size that is stored.</summary>
internal static class AnsweredImage
{
    /// <summary>Decodes an image, reduces its shorter side bicubically with antialiasing, and cuts out the centre. An image of the right size stays as it is.</summary>
    /// <param name="file">An image file, whose origin is not trusted.</param>
    /// <param name="side">Side of the result in pixels.</param>
    /// <exception cref="InvalidDataException">It is no image, or a smaller one.</exception>
    public static RgbPixels Read(byte[] file, int side)
    {
        try
        {
            using var image = ImageReader.Read(new MemoryStream(file), "the answer");
            if (Math.Min(image.Width, image.Height) < side)
            {
                throw new InvalidDataException($"the answer has {image.Width} x {image.Height} pixels; expected {side} or more on each side ({nameof(ImageServiceOptions)}.{nameof(ImageServiceOptions.StoredSide)})");
            }

            using var scope = NewDisposeScope();
            var square = new ClipPreprocessor(side).Resize(ImagePixels.ToTensor(image)).squeeze(0);
            return new(side, side, square.permute(1, 2, 0).contiguous().bytes.ToArray());
        }
        catch (ImageReadException e)
        {
            throw new InvalidDataException($"the answer is no image: {e.Message}", e);
        }
    }
}
