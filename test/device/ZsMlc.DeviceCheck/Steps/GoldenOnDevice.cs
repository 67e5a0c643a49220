using TorchSharp;
using ZsMlc.DeviceCheck.Harness;
using static TorchSharp.torch;

namespace ZsMlc.DeviceCheck.Steps;

/// <summary>
/// The golden vectors on the device: in single precision, then as the defaults are (TF32 in convolutions), then in bfloat16.
/// Tolerances are relative L2 distances: a device sums in another order, TF32 keeps 10 bits of a factor, bfloat16 7.
/// </summary>
internal sealed class GoldenOnDevice : ICheckStep
{
    private const double SingleValues = 1e-4, SingleGradients = 5e-4, Tf32Values = 1.5e-2, Tf32Gradients = 5e-2, HalfValues = 0.15;

    public string Number => "4";

    public string Title => "golden vectors, device";

    public IEnumerable<Finding> Run(CheckOptions options)
    {
        var device = options.Device;
        var cuda = device.type == DeviceType.CUDA;
        if (cuda)
        {
            (backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32) = (false, false);
        }

        foreach (var finding in new GoldenVectors(device, SingleValues, SingleGradients).Check())
        {
            yield return finding;
        }

        if (cuda)
        {
            (backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32) = (true, true);
            foreach (var finding in new GoldenVectors(device, Tf32Values, Tf32Gradients).Check())
            {
                yield return finding with { Name = $"TF32: {finding.Name}" };
            }
        }

        foreach (var finding in new GoldenVectors(device, HalfValues, double.NaN, ScalarType.BFloat16).Check())
        {
            yield return finding with { Name = $"bfloat16: {finding.Name}" };
        }
    }
}
