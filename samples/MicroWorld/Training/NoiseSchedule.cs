using TorchSharp;
using static TorchSharp.torch;

namespace MicroWorld.Training;

/// <summary>
/// The cumulative signal ᾱ of a thousand steps: Stable Diffusion's "scaled linear" β, shifted and stretched so that the last step is
/// pure noise (zero terminal SNR). The scheduler of the pipeline is configured the same way.
/// </summary>
internal static class NoiseSchedule
{
    public const int Steps = 1000;
    public const double FirstBeta = 0.00085;
    public const double LastBeta = 0.012;

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
