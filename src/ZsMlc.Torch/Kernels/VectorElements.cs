using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ZsMlc.Torch.Kernels;

/// <summary>Eight values of an element type.</summary>
internal unsafe interface IVectorElements<T>
    where T : unmanaged
{
    static abstract Vector256<float> Load(T* from);

    static abstract void Store(Vector256<float> values, T* to);

    static abstract float Single(T value);

    static abstract T Element(float value);
}

/// <summary>Of single precision.</summary>
internal readonly unsafe struct SingleElements : IVectorElements<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* from) => Vector256.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> values, float* to) => values.Store(to);

    public static float Single(float value) => value;

    public static float Element(float value) => value;
}

/// <summary>Of bfloat16, which is the upper half of single precision. What is no number by the lower half alone is not stored as such.</summary>
internal readonly unsafe struct BFloat16Elements : IVectorElements<ushort>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(ushort* from) => (Vector256.Create(Vector128.WidenLower(Vector128.Load(from)), Vector128.WidenUpper(Vector128.Load(from))) << 16).AsSingle();

    // To the nearest, of two to the even one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> values, ushort* to)
    {
        var bits = values.AsUInt32();
        bits = (bits + Vector256.Create(0x7FFFu) + ((bits >> 16) & Vector256<uint>.One)) >> 16;
        Vector128.Narrow(bits.GetLower(), bits.GetUpper()).Store(to);
    }

    public static float Single(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);

    public static ushort Element(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFFu + ((bits >> 16) & 1)) >> 16);
    }
}

/// <summary>Functions of eight values.</summary>
internal static class VectorElements
{
    /// <summary>e to the power of values, to two units in the last place; of those below -87 that of -87, and from 88.4 on infinity.</summary>
    /// <remarks>2^n · e^r with |r| ≤ ln 2 / 2, e^r by its Taylor series up to r⁷. .NET's own goes through double precision, in four times the time.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x)
    {
        // ln 2 in two parts, of which the first times n is exact.
        const float High = 0.693359375f, Low = -2.12194440e-4f, OneByLn2 = 1.44269504f;
        x = Vector256.Min(Vector256.Max(x, Vector256.Create(-87f)), Vector256.Create(89f));
        var n = Vector256.Round(x * OneByLn2);
        var r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-Low), Vector256.FusedMultiplyAdd(n, Vector256.Create(-High), x));
        var power = Vector256.Create(1 / 5040f);
        power = Vector256.FusedMultiplyAdd(power, r, Vector256.Create(1 / 720f));
        power = Vector256.FusedMultiplyAdd(power, r, Vector256.Create(1 / 120f));
        power = Vector256.FusedMultiplyAdd(power, r, Vector256.Create(1 / 24f));
        power = Vector256.FusedMultiplyAdd(power, r, Vector256.Create(1 / 6f));
        power = Vector256.FusedMultiplyAdd(power, r, Vector256.Create(0.5f));
        power = Vector256.FusedMultiplyAdd(power, r, Vector256<float>.One);
        power = Vector256.FusedMultiplyAdd(power, r, Vector256<float>.One);
        return power * ((Vector256.ConvertToInt32(n) + Vector256.Create(127)) << 23).AsSingle();
    }

    /// <summary>A matrix with rows for columns, of another element type and times a factor.</summary>
    /// <param name="from">[rows, columns].</param>
    /// <param name="fromStep">From a row to the next.</param>
    /// <param name="rows">Rows of <paramref name="from"/>.</param>
    /// <param name="columns">Columns of <paramref name="from"/>.</param>
    /// <param name="factor">What values are multiplied by.</param>
    /// <param name="to">[columns, rows].</param>
    /// <param name="toStep">From a row of <paramref name="to"/> to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe void Transpose<TFrom, TFromElement, TTo, TToElement>(TFrom* from, long fromStep, int rows, int columns, float factor, TTo* to, long toStep)
        where TFrom : unmanaged
        where TFromElement : IVectorElements<TFrom>
        where TTo : unmanaged
        where TToElement : IVectorElements<TTo>
    {
        const int Side = 8;
        var row = 0;
        for (; row <= rows - Side; row += Side)
        {
            var column = 0;
            for (; column <= columns - Side; column += Side)
            {
                var x = from + (row * fromStep) + column;
                var y = to + (column * toStep) + row;
                var (a, b, c, d) = (TFromElement.Load(x) * factor, TFromElement.Load(x + fromStep) * factor, TFromElement.Load(x + (2 * fromStep)) * factor, TFromElement.Load(x + (3 * fromStep)) * factor);
                x += 4 * fromStep;
                var (e, f, g, h) = (TFromElement.Load(x) * factor, TFromElement.Load(x + fromStep) * factor, TFromElement.Load(x + (2 * fromStep)) * factor, TFromElement.Load(x + (3 * fromStep)) * factor);
                (a, b, c, d, e, f, g, h) = (Avx.UnpackLow(a, b), Avx.UnpackHigh(a, b), Avx.UnpackLow(c, d), Avx.UnpackHigh(c, d), Avx.UnpackLow(e, f), Avx.UnpackHigh(e, f), Avx.UnpackLow(g, h), Avx.UnpackHigh(g, h));
                (a, c, b, d) = (Avx.Shuffle(a, c, 0x44), Avx.Shuffle(a, c, 0xEE), Avx.Shuffle(b, d, 0x44), Avx.Shuffle(b, d, 0xEE));
                (e, g, f, h) = (Avx.Shuffle(e, g, 0x44), Avx.Shuffle(e, g, 0xEE), Avx.Shuffle(f, h, 0x44), Avx.Shuffle(f, h, 0xEE));
                TToElement.Store(Avx.Permute2x128(a, e, 0x20), y);
                TToElement.Store(Avx.Permute2x128(c, g, 0x20), y += toStep);
                TToElement.Store(Avx.Permute2x128(b, f, 0x20), y += toStep);
                TToElement.Store(Avx.Permute2x128(d, h, 0x20), y += toStep);
                TToElement.Store(Avx.Permute2x128(a, e, 0x31), y += toStep);
                TToElement.Store(Avx.Permute2x128(c, g, 0x31), y += toStep);
                TToElement.Store(Avx.Permute2x128(b, f, 0x31), y += toStep);
                TToElement.Store(Avx.Permute2x128(d, h, 0x31), y + toStep);
            }

            Singly(row, Side, column);
        }

        Singly(row, rows - row, 0);

        void Singly(int firstRow, int count, int firstColumn)
        {
            for (var r = firstRow; r < firstRow + count; r++)
            {
                for (var c = firstColumn; c < columns; c++)
                {
                    to[(c * toStep) + r] = TToElement.Element(TFromElement.Single(from[(r * fromStep) + c]) * factor);
                }
            }
        }
    }
}
