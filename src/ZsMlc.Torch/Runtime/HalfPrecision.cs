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
    // Bits of CPUID's leaf 7 that .NET has no names for: AVX512-FP16, and AVX-NE-CONVERT, by which some processors without AVX-512 convert both types.
    private static readonly bool s_hasFloat16 = X86Base.IsSupported && (X86Base.CpuId(7, 0).Edx & (1 << 23)) != 0, s_converts = X86Base.IsSupported && (X86Base.CpuId(7, 1).Edx & (1 << 5)) != 0;

    /// <summary>Gets whether the processor has the parts of AVX-512 that kernels for BFloat16 need.</summary>
    public static bool HasAvx512 => Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported;

    /// <summary>Whether a type is computed in number by number on a device: on x64 processors BFloat16 without AVX-512, Float16 without AVX512-FP16, and neither with AVX-NE-CONVERT.</summary>
    public static bool IsEmulated(ScalarType type, Device device) => device.type == DeviceType.CPU && X86Base.IsSupported && !s_converts && type switch
    {
        ScalarType.BFloat16 => !HasAvx512,
        ScalarType.Float16 => !HasAvx512 || !s_hasFloat16,
        _ => false,
    };

    /// <summary>The type to compute in where one is asked for: Float32 in place of one that would be emulated.</summary>
    public static ScalarType Computed(ScalarType asked, Device device) => IsEmulated(asked, device) ? ScalarType.Float32 : asked;

    /// <summary>A copy of a network in Float32, where the type of its first weight would be emulated; elsewhere <see langword="null"/>.</summary>
    /// <param name="network">The network.</param>
    /// <param name="make">Makes another of the same sizes.</param>
    /// <returns>In evaluation mode and without gradients; <see cref="ModuleLifetime.Free"/> frees it.</returns>
    public static T? Wide<T>(T network, Func<T> make)
        where T : nn.Module
    {
        var weight = network.parameters().First();
        if (!IsEmulated(weight.dtype, weight.device))
        {
            return null;
        }

        // What is made in inference mode could not be used outside of it.
        using var ordinary = inference_mode(false);
        using var none = no_grad();
        using var unfilled = Layers.Unfilled();
        var wide = make();
        try
        {
            wide.load_state_dict(network.state_dict());
            return wide.Frozen();
        }
        catch
        {
            wide.Free();
            throw;
        }
    }
}
