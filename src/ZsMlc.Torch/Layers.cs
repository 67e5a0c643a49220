using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZsMlc.Torch;

/// <summary>
/// Makes the layers of all networks, in single precision, and decides how their weights begin: drawn as PyTorch draws
/// them, from torch's own generator or from a given one; left for a checkpoint to fill; or on the meta device, where a
/// network has names and shapes but no memory.
/// </summary>
/// <remarks>What is chosen holds for the calling thread alone. Only with the default are random numbers taken from the process's generator, which belongs to the user.</remarks>
internal static class Layers
{
    [ThreadStatic]
    private static Beginning? s_beginning;

    /// <summary>Makes layers on a device until the result is disposed.</summary>
    public static IDisposable On(Device device) => new Beginning(device, null, Draws: true).Begin();

    /// <summary>Makes layers whose weights have no values yet, until the result is disposed.</summary>
    public static IDisposable Unfilled() => new Beginning(CPU, null, Draws: false).Begin();

    /// <summary>Draws weights from a generator until the result is disposed.</summary>
    public static IDisposable DrawnFrom(Generator generator) => new Beginning(CPU, generator, Draws: true).Begin();

    public static Conv2d Conv2d(long inputs, long outputs, long kernel_size, long stride = 1, long padding = 0, bool bias = true)
    {
        var layer = nn.Conv2d(inputs, outputs, kernel_size, stride: stride, padding: padding, bias: bias, device: META, dtype: ScalarType.Float32);
        (layer.weight, layer.bias) = Uniform(layer.weight!.shape, bias);
        return layer;
    }

    public static Linear Linear(long inputs, long outputs, bool hasBias = true)
    {
        var layer = nn.Linear(inputs, outputs, hasBias, META, ScalarType.Float32);
        (layer.weight, layer.bias) = Uniform(layer.weight!.shape, hasBias);
        return layer;
    }

    public static Embedding Embedding(long count, long width)
    {
        // The constructor draws its weight on the CPU whatever the device; of an empty one it draws nothing.
        var layer = nn.Embedding(0, width);
        layer.weight = Normal(1, count, width);
        return layer;
    }

    /// <summary>A group norm that starts as one: TorchSharp 0.107 leaves its weights as it finds the memory.</summary>
    public static GroupNorm GroupNorm(long groups, long channels, double eps)
    {
        var norm = nn.GroupNorm(groups, channels, eps, device: Place, dtype: ScalarType.Float32);
        nn.init.ones_(norm.weight!);
        nn.init.zeros_(norm.bias!);
        return norm;
    }

    public static LayerNorm LayerNorm(long width, double eps = 1e-5) => nn.LayerNorm(width, eps, device: Place, dtype: ScalarType.Float32);

    // With an element type of its own TorchSharp would count the batches in it too.
    public static BatchNorm2d BatchNorm2d(long channels) => nn.BatchNorm2d(channels, device: Place);

    /// <summary>A weight of values of N(0, std²).</summary>
    public static Parameter Normal(double std, params long[] shape) =>
        nn.Parameter(Draws ? randn(shape, ScalarType.Float32, Place, generator: Source).mul_(std) : empty(shape, ScalarType.Float32, Place));

    /// <summary>Overwrites a weight by values of N(0, std²).</summary>
    public static void Normal_(Tensor weight, double std)
    {
        // Not nn.init.normal_: in TorchSharp 0.107 it passes its generator over.
        using var noGrad = no_grad();
        if (Draws)
        {
            weight.normal_(0, std, Source);
        }
    }

    /// <summary>A weight of one value.</summary>
    public static Parameter Constant(double value, params long[] shape) => nn.Parameter(full(shape, value, ScalarType.Float32, Place));

    private static Device Place => s_beginning?.Device ?? CPU;

    private static bool Draws => s_beginning?.Draws ?? true;

    private static Generator? Source => s_beginning?.Generator;

    /// <summary>PyTorch's start of a linear layer or convolution: U(-b, b) with b = 1 / √(inputs of one output) for weight and bias (He et al. 2015 with a = √5).</summary>
    private static (Parameter Weight, Parameter? Bias) Uniform(long[] shape, bool hasBias)
    {
        using var noGrad = no_grad();
        var fan = shape[1..].Aggregate(1L, (product, size) => product * size);

        // The order of operations is PyTorch's, so that a seed gives the same bits.
        var bound = Math.Sqrt(3) * (Math.Sqrt(2 / (1 + Math.Sqrt(5) * Math.Sqrt(5))) / Math.Sqrt(fan));
        var weight = Filled(shape, bound);
        return (weight, hasBias ? Filled([shape[0]], 1 / Math.Sqrt(fan)) : null);
    }

    private static Parameter Filled(long[] shape, double bound)
    {
        var values = empty(shape, ScalarType.Float32, Place);
        return nn.Parameter(Draws ? values.uniform_(-bound, bound, Source) : values);
    }

    private sealed record Beginning(Device Device, Generator? Generator, bool Draws) : IDisposable
    {
        private readonly Beginning? _outer = s_beginning;

        public Beginning Begin()
        {
            s_beginning = this;
            return this;
        }

        public void Dispose() => s_beginning = _outer;
    }
}
