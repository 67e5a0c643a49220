using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <summary>Position embeddings for another resolution than the trained one.</summary>
internal static class PositionGrid
{
    /// <summary>Resizes the grid part of [1 + grid², C] bicubically to height × width; the first row is kept.</summary>
    public static Tensor Resize(Tensor embedding, int grid, long height, long width)
    {
        if (height == grid && width == grid)
        {
            return embedding;
        }

        var channels = embedding.shape[1];

        // Half precision is resized in single: not every device knows the former.
        var cells = embedding[1..].to(embedding.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32).reshape(1, grid, grid, channels).permute(0, 3, 1, 2);
        var resized = nn.functional.interpolate(cells, [height, width], mode: InterpolationMode.Bicubic, align_corners: false);
        return cat([embedding[..1], resized.permute(0, 2, 3, 1).reshape(height * width, channels).to(embedding.dtype)], 0);
    }
}
