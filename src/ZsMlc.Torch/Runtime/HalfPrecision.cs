using System.Buffers.Binary;
using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Runtime;

/// <summary>
/// Half-precision types on processors where networks take longer in them than in single precision, which is computed in instead. Without
/// AVX-512 libtorch multiplies such numbers one by one (ten to fifty times as long); with it, but without its BF16 part, it converts them
/// (four times); and Intel's processors have fast BFloat16 in AMX alone, which virtual machines may hide (1.5 to 1.8 times; all measured).
/// </summary>
internal static class HalfPrecision
{
    // Features that .NET has no names for.
    private static readonly bool s_amx = Has(subleaf: 0, edx: 22), s_float16 = Has(subleaf: 0, edx: 23), s_bfloat16 = Has(subleaf: 1, eax: 5), s_converts = Has(subleaf: 1, edx: 5);

    // The generations of Intel's that have AMX, whether or not it can be seen: older ones with a BF16 part multiply by it at full speed.
    private static readonly bool s_leavesItToAmx = s_float16 && X86Base.IsSupported && X86Base.CpuId(0, 0).Ebx == BinaryPrimitives.ReadInt32LittleEndian("Genu"u8);

    /// <summary>Gets whether the processor has the parts of AVX-512 that kernels for BFloat16 need.</summary>
    public static bool HasAvx512 => Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported;

    /// <summary>Whether networks take longer in a type than in Float32 on a device: on x64 processors BFloat16 without AMX or AVX-512's BF16 part, and without AMX where that generation has it; Float16 without AVX-512's FP16 part; neither of the two with AVX-NE-CONVERT.</summary>
    public static bool IsSlow(ScalarType type, Device device) => device.type == DeviceType.CPU && X86Base.IsSupported && !s_converts && type switch
    {
        ScalarType.BFloat16 => !HasAvx512 || !(s_amx || (s_bfloat16 && !s_leavesItToAmx)),
        ScalarType.Float16 => !HasAvx512 || !s_float16,
        _ => false,
    };

    /// <summary>The type to compute in where one is asked for: Float32 in place of a slower one.</summary>
    public static ScalarType Computed(ScalarType asked, Device device) => IsSlow(asked, device) ? ScalarType.Float32 : asked;

    /// <summary>A copy of a network in Float32, where it takes longer in the type of its first weight; elsewhere <see langword="null"/>.</summary>
    /// <param name="network">The network.</param>
    /// <param name="make">Makes another of the same sizes.</param>
    /// <returns>In evaluation mode and without gradients; <see cref="ModuleLifetime.Free"/> frees it.</returns>
    public static T? Wide<T>(T network, Func<T> make)
        where T : nn.Module
    {
        var weight = network.parameters().First();
        if (!IsSlow(weight.dtype, weight.device))
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

    /// <summary>A bit of CPUID's leaf 7.</summary>
    private static bool Has(int subleaf, int eax = -1, int edx = -1)
    {
        if (!X86Base.IsSupported)
        {
            return false;
        }

        var leaf = X86Base.CpuId(7, subleaf);
        return ((eax >= 0 ? leaf.Eax >> eax : leaf.Edx >> edx) & 1) != 0;
    }
}
