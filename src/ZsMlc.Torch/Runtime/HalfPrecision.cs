using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Runtime;

/// <summary>
/// Half-precision types on processors that libtorch has no kernels for them on: there it multiplies numbers one by one, and networks take
/// ten to fifty times as long as in single precision, which is computed in instead.
/// </summary>
internal static class HalfPrecision
{
    // AVX512-FP16 is bit 23 of EDX in leaf 7 of CPUID; .NET has no name for it. All the kernels need AVX-512's byte, word and vector length parts.
    private static readonly bool s_hasVectors = Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported, s_hasFloat16 = X86Base.IsSupported && (X86Base.CpuId(7, 0).Edx & (1 << 23)) != 0;

    /// <summary>Whether a type is computed in number by number on a device: on x64 processors BFloat16 without AVX-512, and Float16 without AVX512-FP16.</summary>
    public static bool IsEmulated(ScalarType type, Device device) => device.type == DeviceType.CPU && X86Base.IsSupported && type switch
    {
        ScalarType.BFloat16 => !s_hasVectors,
        ScalarType.Float16 => !s_hasVectors || !s_hasFloat16,
        _ => false,
    };

    /// <summary>The type to compute in where one is asked for: Float32 in place of one that would be emulated.</summary>
    public static ScalarType Computed(ScalarType asked, Device device) => IsEmulated(asked, device) ? ScalarType.Float32 : asked;

    /// <summary>Holds the weights of networks in Float32 where their type would be emulated, until it is disposed; then they are again what they were, bit by bit.</summary>
    /// <param name="networks">Networks without optimizers, which nobody else uses meanwhile.</param>
    public static IDisposable Widen(IEnumerable<nn.Module> networks)
    {
        Widened widened = new();
        try
        {
            foreach (var network in networks)
            {
                widened.Add(network);
            }
        }
        catch
        {
            widened.Dispose();
            throw;
        }

        return widened;
    }

    private static void Convert(nn.Module network, ScalarType type)
    {
        // Weights that are made in inference mode could not be used outside of it.
        using var ordinary = inference_mode(false);
        network.to(type).KeepAlive();
    }

    private sealed class Widened : IDisposable
    {
        private readonly List<(nn.Module Network, ScalarType Type)> _networks = [];

        public void Add(nn.Module network)
        {
            var weight = network.parameters().First();
            if (IsEmulated(weight.dtype, weight.device))
            {
                _networks.Add((network, weight.dtype));
                Convert(network, ScalarType.Float32);
            }
        }

        public void Dispose() => _networks.ForEach(n => Convert(n.Network, n.Type));
    }
}
