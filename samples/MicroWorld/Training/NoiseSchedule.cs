using TorchSharp;
using static TorchSharp.torch;

namespace MicroWorld.Training;

/// <summary>
/// The cumulative signal ᾱ of a thousand steps: a "scaled linear" β, shifted and stretched so that the last step is pure noise (zero
/// terminal SNR). β is smaller than Stable Diffusion's (0.00085 to 0.012): the smaller a picture, the less noise hides its objects
/// (Chen 2023, arXiv 2301.10972), and at half way a 16 × 16 latent must still show them. There ᾱ is 0.49; with the larger β it is 0.24,
/// and the network hardly practises the levels at which shapes are decided. The scheduler of the pipeline is configured the same way.
/// </summary>
internal static class NoiseSchedule
{
    public const int Steps = 1000;
    public const double FirstBeta = 0.0002;
    public const double LastBeta = 0.004;

    /// <summary>ᾱ, float32 [1000].</summary>
    public static Tensor Signal()
    {
        using var scope = NewDisposeScope();
        var beta = linspace(Math.Sqrt(FirstBeta), Math.Sqrt(LastBeta), Steps, dtype: ScalarType.Float64).square();
        var root = (1 - beta).cumprod(0).sqrt();
        var (first, last) = (root[0].ToDouble(), root[Steps - 1].ToDouble());
        return ((root - last) * (first / (first - last))).square().to(ScalarType.Float32).MoveToOuterDisposeScope();
    }
}
