using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Blocks;

/// <summary>
/// Makes the layers of the diffusion networks on a chosen device. On the meta device a network has names and shapes but
/// no memory, which is enough to check a full-size configuration.
/// </summary>
internal static class Layers
{
    [ThreadStatic]
    private static Device? s_device;

    /// <summary>Makes layers on a device until the result is disposed.</summary>
    public static IDisposable On(Device device)
    {
        s_device = device;
        return new Reset();
    }

    public static Conv2d Conv2d(long inputs, long outputs, long kernel_size, long stride = 1, long padding = 0, bool bias = true) =>
        nn.Conv2d(inputs, outputs, kernel_size, stride: stride, padding: padding, bias: bias, device: s_device);

    public static Linear Linear(long inputs, long outputs, bool hasBias = true) => nn.Linear(inputs, outputs, hasBias, s_device);

    /// <summary>A group norm that starts as one: TorchSharp 0.107 leaves its weights as it finds the memory.</summary>
    public static GroupNorm GroupNorm(long groups, long channels, double eps)
    {
        var norm = nn.GroupNorm(groups, channels, eps, device: s_device);
        nn.init.ones_(norm.weight!);
        nn.init.zeros_(norm.bias!);
        return norm;
    }

    public static LayerNorm LayerNorm(long width, double eps = 1e-5) => nn.LayerNorm(width, eps, device: s_device);

    public static Embedding Embedding(long count, long width) => nn.Embedding(count, width, device: s_device);

    private sealed class Reset : IDisposable
    {
        public void Dispose() => s_device = null;
    }
}
