using TorchSharp;
using ZsMlc.Torch.Kernels;
using ZsMlc.Torch.Tests.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Kernels;

/// <summary>What fused kernels are compared by.</summary>
internal static class KernelAssert
{
    /// <summary>Element types that this processor has kernels for.</summary>
    public static IReadOnlyList<ScalarType> Types { get; } = [.. new[] { ScalarType.Float32, ScalarType.BFloat16 }.Where(FusedKernels.Serve)];

    /// <summary>Equal to 1e-5 of the largest value in single precision, to a step of rounding in bfloat16.</summary>
    public static void Close(Tensor expected, Tensor? actual, string what = "")
    {
        Assert.IsNotNull(actual, what);
        using var scope = NewDisposeScope();
        TensorAssert.Within((expected.dtype == ScalarType.BFloat16 ? 1.0 / 64 : 1e-5) * expected.to(ScalarType.Float32).abs().max().item<float>(), expected, actual, what);
    }

    /// <summary>The same bits from one thread as from three.</summary>
    public static void SameBitsFromAnyThreads(Func<Tensor> work)
    {
        var threads = get_num_threads();
        try
        {
            set_num_threads(3);
            var many = work();
            set_num_threads(1);
            Assert.AreEqual(0f, (many - work()).abs().max().item<float>());
        }
        finally
        {
            set_num_threads(threads);
        }
    }
}
