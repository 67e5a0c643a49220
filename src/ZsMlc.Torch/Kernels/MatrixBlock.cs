using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ZsMlc.Torch.Kernels;

/// <summary>Matrix products by blocks of six rows and two vectors, whose sums stay in registers.</summary>
internal static unsafe class MatrixBlock
{
    /// <summary>Columns and rows of a block.</summary>
    public const int Columns = 32, Rows = 6;

    /// <summary>The product of a matrix [count, inputs] and <see cref="Columns"/> columns.</summary>
    /// <param name="x">The matrix; rows up to a multiple of <see cref="Rows"/> are read.</param>
    /// <param name="row">From a row of <paramref name="x"/> to the next.</param>
    /// <param name="step">From an input of a row to the next.</param>
    /// <param name="count">Rows.</param>
    /// <param name="inputs">Inputs.</param>
    /// <param name="columns">[inputs, <see cref="Columns"/>].</param>
    /// <param name="y">The result; rows up to a multiple of <see cref="Rows"/> are written. Nobody reads what becomes of rows that hold nothing.</param>
    /// <param name="outputs">From a row of <paramref name="y"/> to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply(float* x, long row, long step, int count, int inputs, float* columns, float* y, int outputs)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Multiply<Lanes512>(x, row, step, count, inputs, columns, y, outputs);
        }
        else
        {
            Multiply<Lanes256>(x, row, step, count, inputs, columns, y, outputs);
        }
    }

    /// <summary>The same with vectors of one width; the sums, and their order, are those of any other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Multiply<T>(float* x, long row, long step, int count, int inputs, float* columns, float* y, int outputs)
        where T : struct, ILanes<T>
    {
        for (var at = 0; at < count; at += Rows)
        {
            for (var column = 0; column < Columns; column += 2 * T.Count)
            {
                MultiplyBlock<T>(x + (at * row), row, step, inputs, columns + column, y + ((long)at * outputs) + column, outputs);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyBlock<T>(float* x, long row, long step, int inputs, float* columns, float* y, int outputs)
        where T : struct, ILanes<T>
    {
        T a0 = default, b0 = default, a1 = default, b1 = default, a2 = default, b2 = default, a3 = default, b3 = default, a4 = default, b4 = default, a5 = default, b5 = default;
        long two = 2 * row, three = 3 * row, four = 4 * row, five = 5 * row;
        for (var end = columns + ((long)inputs * Columns); columns < end; x += step, columns += Columns)
        {
            var (a, b) = (T.Load(columns), T.Load(columns + T.Count));
            var value = T.Create(*x);
            (a0, b0) = (T.MultiplyAdd(value, a, a0), T.MultiplyAdd(value, b, b0));
            value = T.Create(x[row]);
            (a1, b1) = (T.MultiplyAdd(value, a, a1), T.MultiplyAdd(value, b, b1));
            value = T.Create(x[two]);
            (a2, b2) = (T.MultiplyAdd(value, a, a2), T.MultiplyAdd(value, b, b2));
            value = T.Create(x[three]);
            (a3, b3) = (T.MultiplyAdd(value, a, a3), T.MultiplyAdd(value, b, b3));
            value = T.Create(x[four]);
            (a4, b4) = (T.MultiplyAdd(value, a, a4), T.MultiplyAdd(value, b, b4));
            value = T.Create(x[five]);
            (a5, b5) = (T.MultiplyAdd(value, a, a5), T.MultiplyAdd(value, b, b5));
        }

        Store(a0, b0, y);
        Store(a1, b1, y += outputs);
        Store(a2, b2, y += outputs);
        Store(a3, b3, y += outputs);
        Store(a4, b4, y += outputs);
        Store(a5, b5, y + outputs);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T>(T a, T b, float* y)
        where T : struct, ILanes<T>
    {
        a.Store(y);
        b.Store(y + T.Count);
    }
}
