using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Kernels;

/// <summary>
/// Where ReLU stopped a value, a bit a value: all that its gradient asks for, on CPUs and for maps that are laid out channels last. libtorch keeps the
/// values themselves, 32 times as much, and its masks, a byte a value, are put on by a loop that takes ten times as long as this.
/// </summary>
internal static unsafe class ReluMask
{
    // A thread's share at a time, in vectors.
    private const int Chunk = 1 << 10;

    /// <summary>Whether there is a mask for maps of this type and number of channels.</summary>
    public static bool Serves(ScalarType type, long channels) =>
        LibtorchCpu.RunsLoops && Vector256.IsHardwareAccelerated && FusedKernels.Serve(type) && channels % Vector256<float>.Count == 0;

    /// <summary>The mask of results of ReLU.</summary>
    /// <param name="result">[B, C, H, W].</param>
    /// <returns>Byte [B·H·W·C / 8].</returns>
    public static Tensor Of(Tensor result)
    {
        using var scope = NewDisposeScope();
        result = ChannelsLast.Of(result);
        var mask = empty(result.numel() / Vector256<float>.Count, ScalarType.Byte, result.device);
        Run(result, result, mask, &Read);
        return mask.MoveToOuterDisposeScope();
    }

    /// <summary>A gradient where values passed, and 0 where they were stopped.</summary>
    /// <param name="gradient">[B, C, H, W].</param>
    /// <param name="mask">As <see cref="Of"/> makes it.</param>
    public static Tensor Passed(Tensor gradient, Tensor mask)
    {
        using var scope = NewDisposeScope();
        gradient = ChannelsLast.Of(gradient);
        var passed = empty_like(gradient);
        Run(gradient, passed, mask, &Write);
        return passed.MoveToOuterDisposeScope();
    }

    private static void Run(Tensor source, Tensor target, Tensor mask, delegate* unmanaged<long, long, void*, void> work)
    {
        Job job = new()
        {
            Source = LibtorchCpu.Data(source), Target = LibtorchCpu.Data(target), Mask = (byte*)LibtorchCpu.Data(mask), Count = mask.numel(), IsSingle = source.dtype == ScalarType.Float32,
        };
        LibtorchCpu.Loop((job.Count + Chunk - 1) / Chunk, Chunk * Vector256<float>.Count, work, &job);
        GC.KeepAlive(source);
        GC.KeepAlive(mask);
    }

    [UnmanagedCallersOnly]
    private static void Read(long begin, long end, void* context)
    {
        var job = (Job*)context;
        if (job->IsSingle)
        {
            Read<float, SingleElements>(job, begin, end);
        }
        else
        {
            Read<ushort, BFloat16Elements>(job, begin, end);
        }
    }

    [UnmanagedCallersOnly]
    private static void Write(long begin, long end, void* context)
    {
        var job = (Job*)context;
        if (job->IsSingle)
        {
            Write<float, SingleElements>(job, begin, end);
        }
        else
        {
            Write<ushort, BFloat16Elements>(job, begin, end);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Read<T, TElement>(Job* job, long begin, long end)
        where T : unmanaged
        where TElement : IVectorElements<T>
    {
        // What is not a number passes, as in libtorch.
        var source = (T*)job->Source;
        for (var i = begin * Chunk; i < Math.Min(end * Chunk, job->Count); i++)
        {
            job->Mask[i] = (byte)Vector256.LessThanOrEqual(TElement.Load(source + (i * Vector256<float>.Count)), default).ExtractMostSignificantBits();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Write<T, TElement>(Job* job, long begin, long end)
        where T : unmanaged
        where TElement : IVectorElements<T>
    {
        var source = (T*)job->Source;
        var target = (T*)job->Target;
        var bits = Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128);
        for (var i = begin * Chunk; i < Math.Min(end * Chunk, job->Count); i++)
        {
            var passes = Vector256.Equals(Vector256.Create((int)job->Mask[i]) & bits, default).AsSingle();
            var at = i * Vector256<float>.Count;
            TElement.Store(TElement.Load(source + at) & passes, target + at);
        }
    }

    /// <summary>What the threads share.</summary>
    private struct Job
    {
        public void* Source, Target;
        public byte* Mask;
        public long Count;
        public bool IsSingle;
    }
}
