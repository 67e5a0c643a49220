using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ZsMlc.Torch.Kernels;

/// <summary>
/// Softmax of <see cref="Columns"/> columns whose scores come some rows at a time (Milakov and Gimelshein 2018): what has been summed is
/// corrected where greater scores come.
/// </summary>
/// <remarks>A column whose first scores are all too small for single precision (-∞) is no number from then on.</remarks>
internal static unsafe class OnlineSoftmax
{
    /// <summary>Columns.</summary>
    public const int Columns = MatrixBlock.Columns;

    /// <summary>Values of the state: for each column the greatest score, the sum of exponentials, and what earlier sums are to be multiplied by.</summary>
    public const int State = 3 * Columns;

    /// <summary>What scores are multiplied by, so that their powers of two are the exponentials.</summary>
    public const float Unit = 1.44269504f;

    /// <summary>Before the first scores.</summary>
    public static void Begin(float* state)
    {
        new Span<float>(state, State).Clear();
        new Span<float>(state, Columns).Fill(float.NegativeInfinity);
    }

    /// <summary>Puts exponentials in place of scores.</summary>
    /// <param name="scores">[count, <see cref="Columns"/>], in units of <see cref="Unit"/>.</param>
    /// <param name="count">Rows.</param>
    /// <param name="state">The state.</param>
    public static void Take(float* scores, int count, float* state)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Take<Lanes512>(scores, count, state);
        }
        else
        {
            Take<Lanes256>(scores, count, state);
        }
    }

    /// <summary>Corrects earlier sums of products with exponentials, and adds the last ones.</summary>
    /// <param name="sums">[count, <see cref="Columns"/>].</param>
    /// <param name="products">[count, <see cref="Columns"/>].</param>
    /// <param name="count">Rows.</param>
    /// <param name="state">The state.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* sums, float* products, int count, float* state)
    {
        for (var column = 0; column < Columns; column += Vector256<float>.Count)
        {
            var correction = Vector256.Load(state + (2 * Columns) + column);
            for (var at = column; at < count * Columns; at += Columns)
            {
                Vector256.FusedMultiplyAdd(Vector256.Load(sums + at), correction, Vector256.Load(products + at)).Store(sums + at);
            }
        }
    }

    /// <summary>Divides sums of products with exponentials by the sums of exponentials.</summary>
    /// <param name="sums">[count, <see cref="Columns"/>].</param>
    /// <param name="count">Rows.</param>
    /// <param name="state">The state.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Divide(float* sums, int count, float* state)
    {
        for (var column = 0; column < Columns; column += Vector256<float>.Count)
        {
            var factor = Vector256<float>.One / Vector256.Load(state + Columns + column);
            for (var at = column; at < count * Columns; at += Columns)
            {
                (Vector256.Load(sums + at) * factor).Store(sums + at);
            }
        }
    }

    /// <summary>The same with vectors of one width; the values are those with any other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Take<T>(float* scores, int count, float* state)
        where T : struct, ILanes<T>
    {
        for (var column = 0; column < Columns; column += T.Count, scores += T.Count, state += T.Count)
        {
            var top = T.Load(state);
            var highest = Highest(scores, count, top);
            var correction = Power(top - highest);
            var sum = T.Load(state + Columns) * correction;
            for (var row = scores; row < scores + ((long)count * Columns); row += Columns)
            {
                var power = Power(T.Load(row) - highest);
                power.Store(row);
                sum += power;
            }

            highest.Store(state);
            sum.Store(state + Columns);
            correction.Store(state + (2 * Columns));
        }
    }

    // Four maxima at a time: one would wait for the other.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Highest<T>(float* scores, int count, T top)
        where T : struct, ILanes<T>
    {
        var (a, b, c, d) = (top, top, top, top);
        var row = 0;
        for (; row <= count - 4; row += 4, scores += 4 * Columns)
        {
            a = T.Max(T.Load(scores), a);
            b = T.Max(T.Load(scores + Columns), b);
            c = T.Max(T.Load(scores + (2 * Columns)), c);
            d = T.Max(T.Load(scores + (3 * Columns)), d);
        }

        for (; row < count; row++, scores += Columns)
        {
            a = T.Max(T.Load(scores), a);
        }

        return T.Max(T.Max(a, b), T.Max(c, d));
    }

    /// <summary>Two to the power of values that are not positive, to three units in the last place; of those below -126 that of -126.</summary>
    /// <remarks>2^n · 2^r with |r| ≤ 1/2, where 2^r is its Taylor series up to r⁶. n is found by adding a number so large that the sum has no places behind the point.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Power<T>(T x)
        where T : struct, ILanes<T>
    {
        const float Large = 3 << 22;
        x = T.Max(T.Create(-126), x);
        var n = x + T.Create(Large);
        var r = x - (n - T.Create(Large));
        var power = T.Create(1.5403530e-4f);
        power = T.MultiplyAdd(power, r, T.Create(1.3333558e-3f));
        power = T.MultiplyAdd(power, r, T.Create(9.6181291e-3f));
        power = T.MultiplyAdd(power, r, T.Create(5.5504109e-2f));
        power = T.MultiplyAdd(power, r, T.Create(2.4022651e-1f));
        power = T.MultiplyAdd(power, r, T.Create(6.9314718e-1f));
        power = T.MultiplyAdd(power, r, T.Create(1));
        return T.Scale(power, n);
    }
}
