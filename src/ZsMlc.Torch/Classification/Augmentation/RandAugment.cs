using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Classification.Augmentation;

/// <summary>Two random operations of one strength an image (Cubuk et al. 2020).</summary>
public static class RandAugment
{
    private const int Operations = 2;
    private const double Strength = 0.3;

    private static readonly Func<Tensor, double, Tensor>[] s_operations =
    [
        (x, _) => x.alias(),
        (x, _) => AutoContrast(x),
        (x, _) => Equalize(x),
        (x, m) => x.bitwise_and(tensor((byte)(0xFF << (int)Math.Round(4 * Math.Abs(m))), device: x.device)),
        (x, m) => where(x.ge((byte)(256 - 256 * Math.Abs(m))), 255 - x, x),
        (x, m) => Blend(Gray(x), x, 1 + 0.9 * m),
        (x, m) => Blend(Gray(x).to(ScalarType.Float32).mean().expand(x.shape), x, 1 + 0.9 * m),
        (x, m) => Blend(zeros_like(x), x, 1 + 0.9 * m),
        (x, m) => Blend(Smooth(x), x, 1 + 0.9 * m),
        (x, m) => Affine(x, Math.Cos(Radians(30 * m)), -Math.Sin(Radians(30 * m)), 0, Math.Sin(Radians(30 * m)), Math.Cos(Radians(30 * m)), 0),
        (x, m) => Affine(x, 1, 0.3 * m, 0, 0, 1, 0),
        (x, m) => Affine(x, 1, 0, 0, 0.3 * m, 1, 0),
        (x, m) => Affine(x, 1, 0, 0.9 * m, 0, 1, 0),
        (x, m) => Affine(x, 1, 0, 0, 0, 1, 0.9 * m),
    ];

    /// <summary>Returns an augmented copy.</summary>
    /// <param name="image">Byte [3, H, W].</param>
    /// <param name="random">Source of the choices.</param>
    public static Tensor Apply(Tensor image, Random random)
    {
        using var scope = NewDisposeScope();
        var x = image;
        for (var i = 0; i < Operations; i++)
        {
            var operation = s_operations[random.Next(s_operations.Length)];
            var sign = random.Next(2) == 0 ? 1 : -1;
            x = operation(x, sign * Strength).to(ScalarType.Byte);
        }

        return x.clone().MoveToOuterDisposeScope();
    }

    private static double Radians(double degrees) => degrees * Math.PI / 180;

    private static Tensor Gray(Tensor x)
    {
        var f = x.to(ScalarType.Float32);
        return (0.299 * f[0] + 0.587 * f[1] + 0.114 * f[2]).unsqueeze(0).expand(x.shape);
    }

    /// <summary>a + factor · (b - a), clamped to the range of bytes.</summary>
    private static Tensor Blend(Tensor a, Tensor b, double factor)
    {
        var start = a.to(ScalarType.Float32);
        return (start + factor * (b.to(ScalarType.Float32) - start)).clamp(0, 255);
    }

    private static Tensor AutoContrast(Tensor x)
    {
        var f = x.to(ScalarType.Float32);
        var low = f.amin([1, 2], keepdim: true);
        var range = f.amax([1, 2], keepdim: true) - low;
        return where(range.gt(0), (f - low) * (255 / range.clamp(min: 1)), f).clamp(0, 255);
    }

    private static Tensor Equalize(Tensor x)
    {
        var channels = x.unbind(0).Select(channel =>
        {
            var flat = channel.flatten().to(ScalarType.Int64);
            var cumulative = bincount(flat, minlength: 256).cumsum(0).to(ScalarType.Float32);
            var first = cumulative[cumulative.gt(0)][0];
            var table = ((cumulative - first) / (cumulative[255] - first).clamp(min: 1) * 255).clamp(0, 255);
            return table.index_select(0, flat).view(channel.shape);
        });
        return stack(channels.ToArray(), 0);
    }

    private static Tensor Smooth(Tensor x)
    {
        var kernel = tensor(new float[] { 1, 1, 1, 1, 5, 1, 1, 1, 1 }, device: x.device).view(1, 1, 3, 3) / 13;
        var padded = nn.functional.pad(x.to(ScalarType.Float32).unsqueeze(1), [1, 1, 1, 1], PaddingModes.Replicate);
        return nn.functional.conv2d(padded, kernel).squeeze(1);
    }

    /// <summary>Samples at (a·x + b·y + c, d·x + e·y + f) in coordinates of -1 to 1; what lies outside is mid-gray.</summary>
    private static Tensor Affine(Tensor x, double a, double b, double c, double d, double e, double f)
    {
        var matrix = tensor(new[] { (float)a, (float)b, (float)c, (float)d, (float)e, (float)f }, device: x.device).view(1, 2, 3);
        var grid = nn.functional.affine_grid(matrix, [1, 3, x.shape[1], x.shape[2]], align_corners: false);
        var centred = x.to(ScalarType.Float32).unsqueeze(0) - 128;
        return (nn.functional.grid_sample(centred, grid, GridSampleMode.Bilinear, GridSamplePaddingMode.Zeros, align_corners: false) + 128).clamp(0, 255).squeeze(0);
    }
}
