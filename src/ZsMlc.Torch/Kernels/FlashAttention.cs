using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Kernels;

/// <summary>
/// Attention without a mask, on CPUs, that never holds the scores of all keys: softmax is corrected as greater scores come (Milakov and
/// Gimelshein 2018; Dao et al. 2022). Queries stand side by side in vectors, so maxima, exponentials and sums
/// need nothing across a vector's lanes and heads of any width fill them.
/// </summary>
/// <remarks>What a query gets does not depend on the queries beside it, so results do not depend on the number of threads. Sums are in single precision for every element type.</remarks>
internal static unsafe class FlashAttention
{
    private const int Queries = MatrixBlock.Columns;

    // The scores of so many keys stay in the first cache.
    private const int Keys = 192;

    // Rows behind the last that a block may take in.
    private const int Slack = MatrixBlock.Rows;

    // For fewer queries, the room of the others and what keys and values take to be loaded are not worth it.
    private const int FewestQueries = 8;

    // The keys of wider heads are better left to large matrix products, which read them from further away.
    private const int MostWidth = 160;

    // Values of a head's keys, beyond which the products in bfloat16 are better left to AMX's tiles. By count, not by a measurement.
    private const int MostBesideTiles = 1 << 15;

    // What all threads may take to work in: half a gigabyte.
    private const long MostRoom = 1 << 27;

    // Parts of the work for each thread, so that one which has to wait for a processor holds up little.
    private const int PartsAThread = 4;

    /// <summary>softmax(q·kᵀ/√width)·v of every head.</summary>
    /// <param name="q">[B, queries, heads × width].</param>
    /// <param name="k">[B, keys, heads × width].</param>
    /// <param name="v">[B, keys, heads × width].</param>
    /// <param name="heads">Heads.</param>
    /// <returns>[B, queries, heads × width]; <see langword="null"/> where this is not for the arguments.</returns>
    public static Tensor? Forward(Tensor q, Tensor k, Tensor v, int heads)
    {
        if (!LibtorchCpu.RunsLoops || !Vector256.IsHardwareAccelerated || !FusedKernels.Fits(q, k, v)
            || q.shape is not [> 0 and var images, var queries, > 0 and var all] || all % heads != 0
            || k.shape is not [var others, > 0 and var keys, var read] || others != images || read != all || !v.shape.SequenceEqual(k.shape)
            || !Pays(q.dtype, queries, keys, all / heads))
        {
            return null;
        }

        var (batch, threads, room) = ((int)images, get_num_threads(), RoomFor(keys, all / heads));
        if (threads * room > MostRoom)
        {
            return null;
        }

        using var scope = NewDisposeScope();
        (q, k, v) = (Rows(q), Rows(k), Rows(v));
        var result = empty(q.shape, q.dtype, q.device);
        Job job = new()
        {
            Query = LibtorchCpu.Data(q), Key = LibtorchCpu.Data(k), Value = LibtorchCpu.Data(v), Target = LibtorchCpu.Data(result),
            QueryStep = q.stride(1), KeyStep = k.stride(1), ValueStep = v.stride(1), QueryBatch = q.stride(0), KeyBatch = k.stride(0), ValueBatch = v.stride(0),
            IsSingle = q.dtype == ScalarType.Float32, Heads = heads, Width = (int)all / heads, Queries = (int)queries, Keys = (int)keys,
            Room = room, BuffersLeft = threads,
        };
        var panels = (job.Queries + Queries - 1) / Queries;
        var parts = Math.Clamp(PartsAThread * threads / (batch * heads), 1, panels);
        job.Part = (panels + parts - 1) / parts;
        job.Parts = (panels + job.Part - 1) / job.Part;
        job.PartsLeft = batch * heads * job.Parts;
        using var buffers = empty(threads * room, ScalarType.Float32, q.device);
        job.Buffers = (float*)LibtorchCpu.Data(buffers);
        LibtorchCpu.Loop(threads, int.MaxValue, &Attend, &job);
        GC.KeepAlive(q);
        GC.KeepAlive(k);
        GC.KeepAlive(v);
        return result.MoveToOuterDisposeScope();
    }

    private static bool Pays(ScalarType type, long queries, long keys, long width) =>
        queries >= FewestQueries && width <= MostWidth && (type == ScalarType.Float32 || Processor.This is not { Amx: true } || keys * width <= MostBesideTiles);

    /// <summary>Values of a thread's room: keys and values of a head; queries, scores, products and results of a panel; and the softmax's state.</summary>
    private static long RoomFor(long keys, long width) => (2 * (keys + Slack) * width) + (((3 * width) + Keys + (2 * Slack)) * Queries) + OnlineSoftmax.State;

    private static Tensor Rows(Tensor x) => x.stride(2) == 1 ? x : x.contiguous();

    [UnmanagedCallersOnly]
    private static void Attend(long begin, long end, void* context)
    {
        var job = (Job*)context;
        var buffer = Interlocked.Decrement(ref job->BuffersLeft);
        if (buffer < 0)
        {
            // More threads than were announced: those that have a room take all parts.
            return;
        }

        if (job->IsSingle)
        {
            Attend<float, SingleElements>(job, job->Buffers + (buffer * job->Room));
        }
        else
        {
            Attend<ushort, BFloat16Elements>(job, job->Buffers + (buffer * job->Room));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Attend<T, TElement>(Job* job, float* buffer)
        where T : unmanaged
        where TElement : IVectorElements<T>
    {
        var (width, keys) = (job->Width, job->Keys);
        var k = buffer;
        var v = k + ((keys + Slack) * (long)width);
        var queries = v + ((keys + Slack) * (long)width);
        var scale = OnlineSoftmax.Unit / MathF.Sqrt(width);
        new Span<float>(queries, width * Queries).Clear();
        var (loaded, left) = (-1, 0);
        while ((left = Interlocked.Decrement(ref job->PartsLeft)) >= 0)
        {
            var (head, part) = (left / job->Parts, left % job->Parts);
            var (image, first) = (head / job->Heads, head % job->Heads * width);
            if (head != loaded)
            {
                Load<T, TElement>((T*)job->Key + (image * job->KeyBatch) + first, job->KeyStep, keys, width, k);
                Load<T, TElement>((T*)job->Value + (image * job->ValueBatch) + first, job->ValueStep, keys, width, v);
                loaded = head;
            }

            var end = Math.Min(job->Queries, (part + 1) * job->Part * Queries);
            for (var query = part * job->Part * Queries; query < end; query += Queries)
            {
                var count = Math.Min(Queries, end - query);
                var from = (T*)job->Query + (image * job->QueryBatch) + (query * job->QueryStep) + first;
                VectorElements.Transpose<T, TElement, float, SingleElements>(from, job->QueryStep, count, width, scale, queries, Queries);
                var result = AttendPanel(k, v, keys, width, queries);
                var to = (T*)job->Target + ((((long)image * job->Queries) + query) * job->Heads * width) + first;
                VectorElements.Transpose<float, SingleElements, T, TElement>(result, Queries, width, count, 1, to, job->Heads * width);
            }
        }
    }

    /// <summary>The attention of <see cref="Queries"/> queries [width, <see cref="Queries"/>]; what is worked in lies behind them.</summary>
    /// <returns>[width, <see cref="Queries"/>].</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float* AttendPanel(float* k, float* v, int keys, int width, float* queries)
    {
        var scores = queries + (width * Queries);
        var products = scores + ((Keys + Slack) * Queries);
        var result = products + ((width + Slack) * Queries);
        var state = result + (width * Queries);
        OnlineSoftmax.Begin(state);
        new Span<float>(result, width * Queries).Clear();
        for (var key = 0; key < keys; key += Keys)
        {
            var count = Math.Min(Keys, keys - key);
            MatrixBlock.Multiply(k + ((long)key * width), width, 1, count, width, queries, scores, Queries);
            OnlineSoftmax.Take(scores, count, state);
            MatrixBlock.Multiply(v + ((long)key * width), 1, width, width, count, scores, products, Queries);
            OnlineSoftmax.Add(result, products, width, state);
        }

        OnlineSoftmax.Divide(result, width, state);
        return result;
    }

    /// <summary>Keys or values of a head in single precision, row by row, and zeros behind them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Load<T, TElement>(T* from, long step, int count, int width, float* to)
        where T : unmanaged
        where TElement : IVectorElements<T>
    {
        new Span<float>(to + ((long)count * width), Slack * width).Clear();
        for (var row = 0; row < count; row++, from += step, to += width)
        {
            var i = 0;
            for (; i <= width - Vector256<float>.Count; i += Vector256<float>.Count)
            {
                TElement.Load(from + i).Store(to + i);
            }

            for (; i < width; i++)
            {
                to[i] = TElement.Single(from[i]);
            }
        }
    }

    /// <summary>What the threads share.</summary>
    private struct Job
    {
        public void* Query, Key, Value, Target;

        /// <summary>Every thread's room, and the values of one.</summary>
        public float* Buffers;

        public long Room;

        /// <summary>Values from a position to the next, and from an image to the next.</summary>
        public long QueryStep, KeyStep, ValueStep, QueryBatch, KeyBatch, ValueBatch;

        public int Heads, Width, Queries, Keys;

        /// <summary>Panels of queries in a part, and parts of a head.</summary>
        public int Part, Parts;

        /// <summary>Rooms and parts that no thread has taken; below 0 when all are.</summary>
        public int BuffersLeft, PartsLeft;

        public bool IsSingle;
    }
}
