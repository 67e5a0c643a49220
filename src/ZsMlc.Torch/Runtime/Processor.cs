using System.Buffers.Binary;
using System.Runtime.Intrinsics.X86;

namespace ZsMlc.Torch.Runtime;

/// <summary>What an x64 processor has that .NET has no names for.</summary>
/// <param name="IsIntel">Whether it is Intel's.</param>
/// <param name="Avx512">Whether it has the parts of AVX-512 that libtorch's kernels for half-precision numbers need.</param>
/// <param name="BFloat16">Whether AVX-512 multiplies numbers in BFloat16.</param>
/// <param name="Float16">Whether AVX-512 computes in Float16.</param>
/// <param name="Amx">Whether AMX multiplies matrices of BFloat16, and the system lets programs use it.</param>
/// <param name="Converts">Whether AVX converts both half-precision types (AVX-NE-CONVERT).</param>
internal sealed record Processor(bool IsIntel, bool Avx512, bool BFloat16, bool Float16, bool Amx, bool Converts)
{
    // Of the areas in which a system keeps a thread's state, that of AMX's tiles.
    private const int TileArea = 18;

    /// <summary>Gets the processor that this process runs on; <see langword="null"/> if it is not an x64 one.</summary>
    public static Processor? This { get; } = X86Base.IsSupported ? Look() : null;

    private static Processor Look()
    {
        var avx512 = Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported;
        var (features, more) = (X86Base.CpuId(7, 0), X86Base.CpuId(7, 1));
        var (kept, tiles) = (X86Base.CpuId(0xD, 0).Ebx, X86Base.CpuId(0xD, TileArea));
        return new(
            X86Base.CpuId(0, 0).Ebx == BinaryPrimitives.ReadInt32LittleEndian("Genu"u8),
            avx512,
            avx512 && Has(more.Eax, 5),
            avx512 && Has(features.Edx, 23),
            avx512 && Has(features.Edx, 22) && tiles.Eax > 0 && kept >= tiles.Eax + tiles.Ebx,
            Has(more.Edx, 5));
    }

    private static bool Has(int register, int bit) => (register >> bit & 1) != 0;
}
