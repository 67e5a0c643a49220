using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ZsMlc.MLNet.SyntheticData.Plan;

/// <summary>
/// Random numbers that depend on a seed and a name alone: the same on every machine, in every process and in any order of use.
/// </summary>
/// <remarks>SplitMix64 started from the SHA-256 of seed and name. <see cref="System.Random"/> gives no such promise across versions.</remarks>
internal struct SampleRandom
{
    private ulong state;

    public SampleRandom(long seed, string name)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}\n{name}"), hash);
        state = BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }

    public ulong NextUInt64()
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A whole number from 0 to <paramref name="bound"/> - 1.</summary>
    public int Next(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        return (int)Math.BigMul(NextUInt64(), (ulong)bound, out _);
    }

    /// <summary>A seed for a generator that takes non-negative 63-bit seeds.</summary>
    public long NextSeed() => (long)(NextUInt64() >> 1);
}
