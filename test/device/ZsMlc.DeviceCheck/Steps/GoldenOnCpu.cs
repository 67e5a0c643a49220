using ZsMlc.DeviceCheck.Harness;
using static TorchSharp.torch;

namespace ZsMlc.DeviceCheck.Steps;

/// <summary>The golden vectors on the CPU side of this libtorch, with every symbol bound at load: a wrong one shows here.</summary>
internal sealed class GoldenOnCpu : ICheckStep
{
    private const double Values = 3e-5, Gradients = 2e-4;

    public string Number => "3";

    public string Title => "golden vectors, CPU";

    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string> { ["LD_BIND_NOW"] = "1" };

    public IEnumerable<Finding> Run(CheckOptions options) => new GoldenVectors(CPU, Values, Gradients).Check();
}
