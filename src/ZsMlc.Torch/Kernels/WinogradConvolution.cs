using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Kernels;

/// <summary>
/// Convolution of 3×3 by Winograd's minimal filtering F(4×4, 3×3) (Lavin and Gray 2016), in single precision on CPUs: 36 products for
/// the 16 outputs of a tile where the plain way takes 144. Windows of 6×6 inputs are spread to 36 points, the points' values
/// multiplied by those of the weights over all channels, 36 matrix products, and the results gathered to outputs. A thread does all of this
/// for some tiles at a time: threads wait for each other once a layer, since on a busy machine each wait may cost a time slice.
/// </summary>
/// <remarks>
/// The points are 0, ±1/√2, ±√2 and ∞, whose products are 1: the largest error is about that of the plain way, where with the usual
/// 0, ±1, ±2, ∞ it is several times that (both measured). What a tile's values are does not depend on the tiles that it
/// goes through with, so results do not depend on the number of threads.
/// </remarks>
internal static unsafe class WinogradConvolution
{
    private const int Tile = 4, Window = Tile + 2, Points = Window * Window;

    // Tiles that go through at a time: few, so that the second cache holds their values, and more where the weights are large and read anew by every part.
    private const int FewTiles = 24, TilesAWeight = 1 << 10;

    // Below these, spreading takes longer than is saved, and large weights, which take four times their memory here, serve too few tiles.
    private const int FewestWeights = 32 * 64, FewestTiles = 32, WeightsATile = 1 << 14;

    // Products an output, of the plain way's nine: maps that fill their tiles badly are left to the plain way.
    private const double MostProducts = 4.5;

    // A block of columns may be half full; emptier ones cost more than is saved.
    private const int HalfBlock = MatrixBlock.Columns / 2;

    private const float A = 0.70710678f, B = 1.41421356f;

    /// <summary>Weights at the 36 points, in the order in which they are read: [36, blocks of columns, in, columns], with outputs of zeros to whole blocks.</summary>
    /// <param name="weight">[out, in, 3, 3].</param>
    public static Tensor Spread(Tensor weight)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        double r = Math.Sqrt(0.5), s = Math.Sqrt(2);
        double[] rows =
        [
            1, 0, 0,
            -1 / 1.5, -r / 1.5, -0.5 / 1.5,
            -1 / 1.5, r / 1.5, -0.5 / 1.5,
            1.0 / 6, s / 6, 2.0 / 6,
            1.0 / 6, -s / 6, 2.0 / 6,
            0, 0, 1,
        ];
        var points = tensor(rows, [Window, 3], ScalarType.Float64, weight.device);
        var missing = Whole(weight.shape[0]) - weight.shape[0];
        var taps = nn.functional.pad(weight.permute(2, 3, 1, 0), [0, missing]).reshape(9, -1).to(ScalarType.Float64);
        var values = kron(points, points).matmul(taps);
        return values.to(weight.dtype).view(Points, weight.shape[1], -1, MatrixBlock.Columns).transpose(1, 2).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Whether a convolution of stride 1 and padding 1 on <paramref name="x"/> is done here, and faster than elsewhere.</summary>
    /// <param name="x">[B, in, H, W].</param>
    /// <param name="weight">[out, in, 3, 3].</param>
    /// <param name="residual">What is added, or null.</param>
    public static bool Pays(Tensor x, Tensor weight, Tensor? residual = null)
    {
        if (!LibtorchCpu.RunsLoops || !Vector256.IsHardwareAccelerated || x.dtype != ScalarType.Float32 || !FusedKernels.Fits(x, weight, residual ?? x))
        {
            return false;
        }

        if (x.shape is not [var batch, var inputs, var height, var width] || weight.shape is not [var outputs, var read, 3, 3] || read != inputs
            || (residual is not null && !residual.shape.SequenceEqual([batch, outputs, height, width])))
        {
            return false;
        }

        var (tiles, positions) = (batch * Tiles(height) * Tiles(width), batch * height * width);
        return outputs % HalfBlock == 0 && inputs % Vector256<float>.Count == 0
            && outputs * inputs >= FewestWeights && tiles is >= FewestTiles and < int.MaxValue && tiles * WeightsATile >= outputs * inputs
            && tiles * Points * Whole(outputs) <= positions * outputs * MostProducts;
    }

    /// <summary>The convolution, with what follows it.</summary>
    /// <param name="x">[B, in, H, W].</param>
    /// <param name="weight">Weights at the points, by <see cref="Spread(Tensor)"/>.</param>
    /// <param name="bias">[out], or [B, out] for values that differ by image.</param>
    /// <param name="residual">[B, out, H, W], added to it; null for none.</param>
    /// <param name="relu">Whether ReLU follows.</param>
    /// <returns>[B, out, H, W], channels last.</returns>
    public static Tensor Forward(Tensor x, Tensor weight, Tensor bias, Tensor? residual, bool relu)
    {
        using var scope = NewDisposeScope();
        (x, bias, residual) = (ChannelsLast.Of(x), bias.contiguous(), residual is null ? null : ChannelsLast.Of(residual));
        var (inputs, columns, outputs, height, width) = ((int)weight.shape[2], (int)weight.shape[1] * MatrixBlock.Columns, (int)bias.shape[^1], (int)x.shape[2], (int)x.shape[3]);
        var result = empty([x.shape[0], height, width, outputs], x.dtype, x.device);
        var outside = zeros(inputs, x.dtype, x.device);
        var tiles = (int)(x.shape[0] * Tiles(height) * Tiles(width));
        var threads = get_num_threads();
        var part = PartOf(tiles, inputs * outputs, threads);
        using var buffers = empty(threads * Job.BufferOf(part, inputs, columns), x.dtype, x.device);
        Job job = new()
        {
            Source = Data(x), Outside = Data(outside), Weight = Data(weight), Target = Data(result), Bias = Data(bias), Residual = residual is null ? null : Data(residual),
            Height = height, Width = width, Inputs = inputs, Columns = columns, Outputs = outputs, BiasStep = bias.dim() == 1 ? 0 : outputs, Relu = relu,
            Tiles = tiles, Part = part, Buffers = Data(buffers), BuffersLeft = threads,
        };

        // Each thread takes parts for as long as there are some, so that one which has to wait for a processor holds up a part and not its share.
        LibtorchCpu.Loop(threads, int.MaxValue, &Convolve, &job);
        GC.KeepAlive(outside);
        GC.KeepAlive(weight);
        return result.permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    /// <summary>Outputs and what is missing to whole blocks.</summary>
    private static long Whole(long outputs) => (outputs + MatrixBlock.Columns - 1) / MatrixBlock.Columns * MatrixBlock.Columns;

    private static long Tiles(long side) => (side + Tile - 1) / Tile;

    /// <summary>Tiles of a part: whole blocks, and no more than leave every thread one.</summary>
    private static int PartOf(int tiles, int weights, int threads)
    {
        var most = Math.Max(FewTiles, weights / TilesAWeight);
        var parts = Math.Max((tiles + most - 1) / most, threads);
        return ((tiles + parts - 1) / parts + MatrixBlock.Rows - 1) / MatrixBlock.Rows * MatrixBlock.Rows;
    }

    private static float* Data(Tensor tensor) => (float*)LibtorchCpu.Data(tensor);

    [UnmanagedCallersOnly]
    private static void Convolve(long begin, long end, void* context)
    {
        var job = (Job*)context;
        var buffer = Interlocked.Decrement(ref job->BuffersLeft);
        if (buffer < 0)
        {
            // More threads than were announced: those that have a room take all parts.
            return;
        }

        var spread = job->Buffers + (buffer * Job.BufferOf(job->Part, job->Inputs, job->Columns));
        var products = spread + (Points * job->SpreadPlane);
        while (job->Take(out var first) is > 0 and var count)
        {
            SpreadTiles(job, first, count, spread);
            Multiply(job, count, spread, products);
            GatherTiles(job, first, count, products);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SpreadTiles(Job* job, int first, int count, float* spread)
    {
        var (inputs, plane) = (job->Inputs, job->SpreadPlane);
        var window = stackalloc float*[Points];
        var columns = stackalloc Vector256<float>[Points];
        for (var tile = 0; tile < count; tile++)
        {
            job->Look(first + tile, window);
            var to = spread + ((long)tile * inputs);
            for (var c = 0; c < inputs; c += Vector256<float>.Count)
            {
                for (var i = 0; i < Window; i++)
                {
                    var row = window + (i * Window);
                    Spread(
                        Vector256.Load(row[0] + c), Vector256.Load(row[1] + c), Vector256.Load(row[2] + c), Vector256.Load(row[3] + c), Vector256.Load(row[4] + c), Vector256.Load(row[5] + c),
                        out columns[i], out columns[Window + i], out columns[(2 * Window) + i], out columns[(3 * Window) + i], out columns[(4 * Window) + i], out columns[(5 * Window) + i]);
                }

                var target = to + c;
                for (var j = 0; j < Window; j++, target += plane)
                {
                    var column = columns + (j * Window);
                    Spread(column[0], column[1], column[2], column[3], column[4], column[5], out var t0, out var t1, out var t2, out var t3, out var t4, out var t5);
                    t0.Store(target);
                    t1.Store(target + (Window * plane));
                    t2.Store(target + (2 * Window * plane));
                    t3.Store(target + (3 * Window * plane));
                    t4.Store(target + (4 * Window * plane));
                    t5.Store(target + (5 * Window * plane));
                }
            }
        }
    }

    /// <summary>The matrix product of every point.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply(Job* job, int count, float* spread, float* products)
    {
        var (inputs, columns) = (job->Inputs, job->Columns);
        for (var point = 0; point < Points; point++, spread += job->SpreadPlane, products += job->ProductPlane)
        {
            var weights = job->Weight + ((long)point * inputs * columns);
            for (var column = 0; column < columns; column += MatrixBlock.Columns, weights += inputs * MatrixBlock.Columns)
            {
                MatrixBlock.Multiply(spread, inputs, 1, count, inputs, weights, products + column, columns);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void GatherTiles(Job* job, int first, int count, float* products)
    {
        var (outputs, plane, relu) = (job->Outputs, job->ProductPlane, job->Relu);
        var rows = stackalloc Vector256<float>[Tile * Window];
        var values = stackalloc Vector256<float>[Tile * Tile];
        for (var tile = 0; tile < count; tile++)
        {
            var (image, top, left) = job->Place(first + tile);
            var (high, wide) = (Math.Min(Tile, job->Height - top), Math.Min(Tile, job->Width - left));
            var start = ((((image * job->Height) + top) * job->Width) + left) * outputs;
            var bias = job->Bias + (image * job->BiasStep);
            for (var c = 0; c < outputs; c += Vector256<float>.Count)
            {
                var source = products + ((long)tile * job->Columns) + c;
                for (var i = 0; i < Window; i++, source += Window * plane)
                {
                    Gather(
                        Vector256.Load(source), Vector256.Load(source + plane), Vector256.Load(source + (2 * plane)), Vector256.Load(source + (3 * plane)), Vector256.Load(source + (4 * plane)), Vector256.Load(source + (5 * plane)),
                        out rows[i], out rows[Window + i], out rows[(2 * Window) + i], out rows[(3 * Window) + i]);
                }

                for (var j = 0; j < Tile; j++)
                {
                    var row = rows + (j * Window);
                    Gather(row[0], row[1], row[2], row[3], row[4], row[5], out values[j], out values[Tile + j], out values[(2 * Tile) + j], out values[(3 * Tile) + j]);
                }

                var shift = Vector256.Load(bias + c);
                for (var i = 0; i < high; i++)
                {
                    for (var j = 0; j < wide; j++)
                    {
                        var at = start + ((((long)i * job->Width) + j) * outputs) + c;
                        var y = values[(i * Tile) + j] + shift;
                        y = job->Residual == null ? y : y + Vector256.Load(job->Residual + at);
                        (relu ? Vector256.Max(y, default) : y).Store(job->Target + at);
                    }
                }
            }
        }
    }

    /// <summary>Six inputs in a row at the six points.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread(
        Vector256<float> x0, Vector256<float> x1, Vector256<float> x2, Vector256<float> x3, Vector256<float> x4, Vector256<float> x5,
        out Vector256<float> t0, out Vector256<float> t1, out Vector256<float> t2, out Vector256<float> t3, out Vector256<float> t4, out Vector256<float> t5)
    {
        Vector256<float> sum = Vector256.Create(-(A * A) - (B * B)), a = Vector256.Create(-A * A), b = Vector256.Create(-B * B);
        t0 = x0 + Vector256.FusedMultiplyAdd(sum, x2, x4);
        t5 = x1 + Vector256.FusedMultiplyAdd(sum, x3, x5);
        var (even, odd) = (Vector256.FusedMultiplyAdd(b, x2, x4), A * Vector256.FusedMultiplyAdd(b, x1, x3));
        (t1, t2) = (even + odd, even - odd);
        (even, odd) = (Vector256.FusedMultiplyAdd(a, x2, x4), B * Vector256.FusedMultiplyAdd(a, x1, x3));
        (t3, t4) = (even + odd, even - odd);
    }

    /// <summary>Four outputs in a row from the six points.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Gather(
        Vector256<float> m0, Vector256<float> m1, Vector256<float> m2, Vector256<float> m3, Vector256<float> m4, Vector256<float> m5,
        out Vector256<float> y0, out Vector256<float> y1, out Vector256<float> y2, out Vector256<float> y3)
    {
        var (sumA, differenceA, sumB, differenceB) = (m1 + m2, m1 - m2, m3 + m4, m3 - m4);
        y0 = m0 + sumA + sumB;
        y1 = Vector256.FusedMultiplyAdd(Vector256.Create(A), differenceA, B * differenceB);
        y2 = Vector256.FusedMultiplyAdd(Vector256.Create(A * A), sumA, B * B * sumB);
        y3 = Vector256.FusedMultiplyAdd(Vector256.Create(A * A * A), differenceA, Vector256.FusedMultiplyAdd(Vector256.Create(B * B * B), differenceB, m5));
    }

    /// <summary>What the threads share.</summary>
    private struct Job
    {
        /// <summary>The map, a pixel outside of it, the weights, the result, what is added, and room for every thread's part.</summary>
        public float* Source, Outside, Weight, Target, Bias, Residual, Buffers;

        public int Height, Width, Inputs, Columns, Outputs, BiasStep;

        /// <summary>All tiles, and those of a part.</summary>
        public int Tiles, Part;

        /// <summary>Rooms that no thread has taken; below 0 when all are.</summary>
        public int BuffersLeft;

        /// <summary>Parts that have been taken.</summary>
        public int Taken;

        public bool Relu;

        public readonly long SpreadPlane => Plane(Part, Inputs);

        public readonly long ProductPlane => Plane(Part, Columns);

        public static long BufferOf(int part, int inputs, int columns) => Points * (Plane(part, inputs) + Plane(part, columns));

        // Values of a point, and some between, so that the points of a tile do not share a place in the cache.
        private static long Plane(int part, int channels) => ((long)part * channels) + 16;

        /// <summary>Takes the next part.</summary>
        /// <returns>How many tiles it has; 0 when there is none left.</returns>
        public int Take(out int first)
        {
            var start = (Interlocked.Increment(ref Taken) - 1L) * Part;
            first = (int)Math.Min(start, Tiles);
            return Math.Min(Part, Tiles - first);
        }

        /// <summary>Image, row and column of a tile's first output.</summary>
        public readonly (long Image, int Top, int Left) Place(int tile)
        {
            var (across, down) = ((Width + Tile - 1) / Tile, (Height + Tile - 1) / Tile);
            return (tile / (across * down), tile / across % down * Tile, tile % across * Tile);
        }

        /// <summary>Addresses of the pixels in a tile's window.</summary>
        public readonly void Look(int tile, float** window)
        {
            var (image, top, left) = Place(tile);
            for (var y = top - 1; y < top - 1 + Window; y++)
            {
                for (var x = left - 1; x < left - 1 + Window; x++)
                {
                    var isInside = y >= 0 && y < Height && x >= 0 && x < Width;
                    *window++ = isInside ? Source + ((((image * Height) + y) * Width) + x) * Inputs : Outside;
                }
            }
        }
    }
}
