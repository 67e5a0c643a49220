using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Kernels;

/// <summary>
/// Group norm (Wu and He 2018), alone or with SiLU, of maps that are laid out channels last, on CPUs. libtorch's own takes
/// several times as long in that layout as in the plain one, which costs what convolutions gain by it.
/// </summary>
/// <remarks>
/// Sums are of differences from the mean of one of a group's positions, so a large mean does no harm; nor does a position far
/// from all others, since it is the middle one of three. What a thread takes at a time depends on the shape alone: results do
/// not depend on the number of threads.
/// </remarks>
internal static unsafe class ChannelsLastGroupNorm
{
    // A chunk and its result fit the second cache of a core.
    private const int ChunkElements = 1 << 13;

    /// <summary>The norm of every group of channels, scaled and shifted.</summary>
    /// <param name="x">[B, C, H, W].</param>
    /// <param name="weight">Factors [C].</param>
    /// <param name="bias">Summands [C].</param>
    /// <param name="groups">Groups that the channels are parted into.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <param name="silu">Whether SiLU follows.</param>
    /// <returns>[B, C, H, W], channels last; <see langword="null"/> where this is not for the argument or its layout.</returns>
    public static Tensor? Forward(Tensor x, Tensor weight, Tensor bias, long groups, double eps, bool silu)
    {
        if (!LibtorchCpu.RunsLoops || !Vector256.IsHardwareAccelerated || !FusedKernels.Fits(x, weight, bias)
            || x.shape[1] % Vector256<float>.Count != 0 || groups < 1 || x.shape[1] % groups != 0 || x.numel() == 0 || !ChannelsLast.Is(x))
        {
            return null;
        }

        using var scope = NewDisposeScope();
        var (batch, channels, positions) = ((int)x.shape[0], (int)x.shape[1], checked((int)(x.shape[2] * x.shape[3])));
        var (factors, summands) = (weight.to(ScalarType.Float32), bias.to(ScalarType.Float32));
        var result = empty([batch, x.shape[2], x.shape[3], channels], x.dtype, x.device);
        var rows = Math.Clamp(ChunkElements / channels, 1, positions);
        var chunks = (positions + rows - 1) / rows;
        var sums = ArrayPool<double>.Shared.Rent(2 * batch * chunks * (int)groups);
        var scales = ArrayPool<float>.Shared.Rent(2 * batch * channels);
        try
        {
            fixed (double* sum = sums)
            fixed (float* scale = scales)
            {
                Job job = new()
                {
                    Source = LibtorchCpu.Data(x), Target = LibtorchCpu.Data(result), Sums = sum, Scales = scale, IsSingle = x.dtype == ScalarType.Float32,
                    Channels = channels, Groups = (int)groups, Positions = positions, Rows = rows, Chunks = chunks, Silu = silu,
                };
                Begin(&job, batch);
                LibtorchCpu.Loop(batch * chunks, rows * channels, &Sum, &job);
                Combine(&job, batch, eps, (float*)LibtorchCpu.Data(factors), (float*)LibtorchCpu.Data(summands));
                LibtorchCpu.Loop(batch * chunks, rows * channels, &Apply, &job);
            }
        }
        finally
        {
            ArrayPool<double>.Shared.Return(sums);
            ArrayPool<float>.Shared.Return(scales);
        }

        GC.KeepAlive(x);
        return result.permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    /// <summary>What is taken from the values before they are summed: the middle one of the means of three positions of each group, for each of its channels.</summary>
    private static void Begin(Job* job, int batch)
    {
        var width = job->Channels / job->Groups;
        for (var image = 0; image < batch; image++)
        {
            // Away from the corners, and in different columns, which padding makes unlike the rest.
            var (first, second, third) = (At(job, image, 3), At(job, image, 7), At(job, image, 11));
            var shifts = job->Scales + ((long)2 * image * job->Channels);
            for (var c = 0; c < job->Channels; c += width)
            {
                var (x, y, z) = (Mean(job, first + c, width), Mean(job, second + c, width), Mean(job, third + c, width));
                new Span<float>(shifts + c, width).Fill(MathF.Max(MathF.Min(x, y), MathF.Min(MathF.Max(x, y), z)));
            }
        }
    }

    /// <summary>Where the position begins that so many thirteenths of an image's positions precede.</summary>
    private static long At(Job* job, int image, int thirteenths) => job->Start(image * job->Chunks) + ((long)job->Positions * thirteenths / 13 * job->Channels);

    private static float Mean(Job* job, long start, int width)
    {
        var sum = 0f;
        for (var i = 0; i < width; i++)
        {
            sum += job->Value(start + i);
        }

        return sum / width;
    }

    /// <summary>Factors and summands of every image's channels from the sums of its chunks.</summary>
    private static void Combine(Job* job, int batch, double eps, float* weight, float* bias)
    {
        var (channels, groups, width) = (job->Channels, job->Groups, job->Channels / job->Groups);
        var count = (double)job->Positions * width;
        for (var image = 0; image < batch; image++)
        {
            var scales = job->Scales + ((long)2 * image * channels);
            for (var group = 0; group < groups; group++)
            {
                double sum = 0, squares = 0;
                for (var chunk = 0; chunk < job->Chunks; chunk++)
                {
                    var sums = job->Sums + ((((long)image * job->Chunks) + chunk) * 2 * groups) + (2 * group);
                    sum += sums[0];
                    squares += sums[1];
                }

                var deviation = 1 / Math.Sqrt(Math.Max(0, (squares / count) - (sum / count * (sum / count))) + eps);
                var mean = scales[group * width] + (sum / count);
                for (var c = group * width; c < (group + 1) * width; c++)
                {
                    scales[c] = (float)(weight[c] * deviation);
                    scales[channels + c] = (float)(bias[c] - (mean * weight[c] * deviation));
                }
            }
        }
    }

    [UnmanagedCallersOnly]
    private static void Sum(long begin, long end, void* context)
    {
        var job = (Job*)context;
        for (var chunk = (int)begin; chunk < end; chunk++)
        {
            if (job->IsSingle)
            {
                Sum<float, SingleElements>(job, chunk);
            }
            else
            {
                Sum<ushort, BFloat16Elements>(job, chunk);
            }
        }
    }

    [UnmanagedCallersOnly]
    private static void Apply(long begin, long end, void* context)
    {
        var job = (Job*)context;
        for (var chunk = (int)begin; chunk < end; chunk++)
        {
            if (job->IsSingle)
            {
                Apply<float, SingleElements>(job, chunk);
            }
            else
            {
                Apply<ushort, BFloat16Elements>(job, chunk);
            }
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sum<T, TElement>(Job* job, int index)
        where T : unmanaged
        where TElement : IVectorElements<T>
    {
        var (channels, rows, width) = (job->Channels, job->RowsOf(index % job->Chunks), job->Channels / job->Groups);
        var source = (T*)job->Source + job->Start(index);
        var shifts = job->Scales + ((long)2 * (index / job->Chunks) * channels);
        var totals = stackalloc float[2 * Vector256<float>.Count];
        var group = job->Sums + ((long)index * 2 * job->Groups);
        var place = 0;
        new Span<double>(group, 2 * job->Groups).Clear();
        for (var c = 0; c < channels; c += Vector256<float>.Count)
        {
            var shift = Vector256.Load(shifts + c);
            Vector256<float> sum = default, squares = default;
            for (var row = 0; row < rows; row++)
            {
                var x = TElement.Load(source + ((long)row * channels) + c) - shift;
                sum += x;
                squares = Vector256.FusedMultiplyAdd(x, x, squares);
            }

            sum.Store(totals);
            squares.Store(totals + Vector256<float>.Count);
            for (var i = 0; i < Vector256<float>.Count; i++, place++)
            {
                if (place == width)
                {
                    place = 0;
                    group += 2;
                }

                group[0] += totals[i];
                group[1] += totals[Vector256<float>.Count + i];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Apply<T, TElement>(Job* job, int index)
        where T : unmanaged
        where TElement : IVectorElements<T>
    {
        var (channels, rows, silu) = (job->Channels, job->RowsOf(index % job->Chunks), job->Silu);
        var source = (T*)job->Source + job->Start(index);
        var target = (T*)job->Target + job->Start(index);
        var scales = job->Scales + ((long)2 * (index / job->Chunks) * channels);
        for (var row = 0; row < rows; row++, source += channels, target += channels)
        {
            for (var c = 0; c < channels; c += Vector256<float>.Count)
            {
                var y = Vector256.FusedMultiplyAdd(TElement.Load(source + c), Vector256.Load(scales + c), Vector256.Load(scales + channels + c));
                TElement.Store(silu ? y / (Vector256<float>.One + VectorElements.Exp(-y)) : y, target + c);
            }
        }
    }

    /// <summary>What the threads share.</summary>
    private struct Job
    {
        public void* Source, Target;

        /// <summary>For every chunk and group: the sum, and that of squares.</summary>
        public double* Sums;

        /// <summary>For every image: a factor a channel, then a summand a channel; before that, in place of factors, what is taken from the values.</summary>
        public float* Scales;

        public int Channels, Groups, Positions, Rows, Chunks;
        public bool IsSingle, Silu;

        public readonly int RowsOf(int chunk) => Math.Min(Rows, Positions - (chunk * Rows));

        public readonly long Start(int index) => (((long)index / Chunks * Positions) + ((long)index % Chunks * Rows)) * Channels;

        public readonly float Value(long at) => IsSingle ? ((float*)Source)[at] : BFloat16Elements.Single(((ushort*)Source)[at]);
    }
}
