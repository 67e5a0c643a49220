using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Runtime;

/// <summary>
/// Half-precision types on processors where networks take longer in them than in single precision, which is computed in instead. Measured: ten
/// to fifty times as long without AVX-512, where libtorch multiplies such numbers one by one; four times with it but without its BF16 part, where it
/// converts them; 1.5 times on an Intel processor whose AMX a virtual machine hides, since that generation's BF16 part is slower than its single precision.
/// </summary>
internal static class HalfPrecision
{
    /// <summary>Whether networks take longer in a type than in Float32 on a device.</summary>
    public static bool IsSlow(ScalarType type, Device device) => device.type == DeviceType.CPU && Processor.This is { } processor && IsSlow(type, processor);

    /// <summary>
    /// Whether they do on a processor: in BFloat16 without AMX and AVX-512's BF16 part, or with that part on Intel's generations of AMX, which are told by Float16;
    /// in Float16 without AVX-512's part for it. AVX-NE-CONVERT stands in for either where there is no AVX-512.
    /// </summary>
    public static bool IsSlow(ScalarType type, Processor processor) => (processor.Avx512 || !processor.Converts) && type switch
    {
        ScalarType.BFloat16 => !processor.Amx && (!processor.BFloat16 || (processor.IsIntel && processor.Float16)),
        ScalarType.Float16 => !processor.Float16,
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
}
