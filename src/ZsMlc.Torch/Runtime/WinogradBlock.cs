using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ZsMlc.Torch.Runtime;

/// <summary>The matrix products of <see cref="WinogradConvolution"/>, block by block.</summary>
internal static unsafe class WinogradBlock
{
    /// <summary>Outputs and tiles of a block, whose sums stay in registers; there is room for twice the tiles where .NET uses AVX-512.</summary>
    public const int Columns = 16, Rows = 6;

    /// <summary>The values of some tiles times the weights of <see cref="Columns"/> outputs.</summary>
    /// <param name="x">[count, inputs]; rows up to a multiple of <see cref="Rows"/> are read.</param>
    /// <param name="count">Tiles.</param>
    /// <param name="inputs">Channels of the values.</param>
    /// <param name="weights">[inputs, <see cref="Columns"/>].</param>
    /// <param name="y">The first of the outputs in [count, outputs]; rows up to a multiple of <see cref="Rows"/> are written.</param>
    /// <param name="outputs">Channels of a row of <paramref name="y"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply(float* x, int count, int inputs, float* weights, float* y, int outputs)
    {
        var row = 0;
        for (; Vector512.IsHardwareAccelerated && count - row > Rows; row += 2 * Rows)
        {
            MultiplyTwoBlocks(x + ((long)row * inputs), inputs, weights, y + ((long)row * outputs), outputs);
        }

        // The last block may take in rows that hold nothing, and nobody reads what it makes of them.
        for (; row < count; row += Rows)
        {
            MultiplyBlock(x + ((long)row * inputs), inputs, weights, y + ((long)row * outputs), outputs);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyBlock(float* x, int inputs, float* weights, float* y, int outputs)
    {
        Vector256<float> a0 = default, b0 = default, a1 = default, b1 = default, a2 = default, b2 = default, a3 = default, b3 = default, a4 = default, b4 = default, a5 = default, b5 = default;
        long one = inputs, two = 2L * inputs, three = 3L * inputs, four = 4L * inputs, five = 5L * inputs;
        for (var end = x + inputs; x < end; x++, weights += Columns)
        {
            var (a, b) = (Vector256.Load(weights), Vector256.Load(weights + 8));
            var value = Vector256.Create(*x);
            (a0, b0) = (Vector256.FusedMultiplyAdd(value, a, a0), Vector256.FusedMultiplyAdd(value, b, b0));
            value = Vector256.Create(x[one]);
            (a1, b1) = (Vector256.FusedMultiplyAdd(value, a, a1), Vector256.FusedMultiplyAdd(value, b, b1));
            value = Vector256.Create(x[two]);
            (a2, b2) = (Vector256.FusedMultiplyAdd(value, a, a2), Vector256.FusedMultiplyAdd(value, b, b2));
            value = Vector256.Create(x[three]);
            (a3, b3) = (Vector256.FusedMultiplyAdd(value, a, a3), Vector256.FusedMultiplyAdd(value, b, b3));
            value = Vector256.Create(x[four]);
            (a4, b4) = (Vector256.FusedMultiplyAdd(value, a, a4), Vector256.FusedMultiplyAdd(value, b, b4));
            value = Vector256.Create(x[five]);
            (a5, b5) = (Vector256.FusedMultiplyAdd(value, a, a5), Vector256.FusedMultiplyAdd(value, b, b5));
        }

        Store(a0, b0, y);
        Store(a1, b1, y += outputs);
        Store(a2, b2, y += outputs);
        Store(a3, b3, y += outputs);
        Store(a4, b4, y += outputs);
        Store(a5, b5, y + outputs);
    }

    /// <summary>Two blocks with AVX-512, in the order of <see cref="MultiplyBlock"/>, so with its results.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyTwoBlocks(float* x, int inputs, float* weights, float* y, int outputs)
    {
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default, a8 = default, a9 = default, a10 = default, a11 = default;
        float* x3 = x + (3L * inputs), x6 = x + (6L * inputs), x9 = x + (9L * inputs);
        long one = inputs, two = 2L * inputs;
        for (var end = x + inputs; x < end; x++, x3++, x6++, x9++, weights += Columns)
        {
            var w = Vector512.Load(weights);
            a0 = Vector512.FusedMultiplyAdd(Vector512.Create(*x), w, a0);
            a1 = Vector512.FusedMultiplyAdd(Vector512.Create(x[one]), w, a1);
            a2 = Vector512.FusedMultiplyAdd(Vector512.Create(x[two]), w, a2);
            a3 = Vector512.FusedMultiplyAdd(Vector512.Create(*x3), w, a3);
            a4 = Vector512.FusedMultiplyAdd(Vector512.Create(x3[one]), w, a4);
            a5 = Vector512.FusedMultiplyAdd(Vector512.Create(x3[two]), w, a5);
            a6 = Vector512.FusedMultiplyAdd(Vector512.Create(*x6), w, a6);
            a7 = Vector512.FusedMultiplyAdd(Vector512.Create(x6[one]), w, a7);
            a8 = Vector512.FusedMultiplyAdd(Vector512.Create(x6[two]), w, a8);
            a9 = Vector512.FusedMultiplyAdd(Vector512.Create(*x9), w, a9);
            a10 = Vector512.FusedMultiplyAdd(Vector512.Create(x9[one]), w, a10);
            a11 = Vector512.FusedMultiplyAdd(Vector512.Create(x9[two]), w, a11);
        }

        a0.Store(y);
        a1.Store(y += outputs);
        a2.Store(y += outputs);
        a3.Store(y += outputs);
        a4.Store(y += outputs);
        a5.Store(y += outputs);
        a6.Store(y += outputs);
        a7.Store(y += outputs);
        a8.Store(y += outputs);
        a9.Store(y += outputs);
        a10.Store(y += outputs);
        a11.Store(y += outputs);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<float> a, Vector256<float> b, float* y)
    {
        a.Store(y);
        b.Store(y + 8);
    }
}
