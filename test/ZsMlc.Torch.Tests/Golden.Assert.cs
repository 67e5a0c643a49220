using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests;

internal static partial class Golden
{
    /// <summary>Fails unless max |actual - expected| is at most max(relative · max |expected|, absolute).</summary>
    public static void AssertClose(Tensor expected, Tensor actual, double relative, double absolute, string what)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        CollectionAssert.AreEqual(expected.shape, actual.shape, $"{what}: shape");
        var e = expected.to(ScalarType.Float64).cpu();
        var a = actual.to(ScalarType.Float64).cpu();
        var worst = (e - a).abs().max().item<double>();
        var limit = Math.Max(relative * e.abs().max().item<double>(), absolute);
        Assert.IsTrue(worst <= limit, $"{what}: largest difference {worst:g3}, allowed {limit:g3}");
    }

    /// <summary>Fails unless the relative L2 distance is at most <paramref name="limit"/>.</summary>
    public static void AssertL2(Tensor expected, Tensor actual, double limit, string what)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        CollectionAssert.AreEqual(expected.shape, actual.shape, $"{what}: shape");
        var e = expected.to(ScalarType.Float64).cpu();
        var a = actual.to(ScalarType.Float64).cpu();
        var distance = (e - a).norm().item<double>() / Math.Max(e.norm().item<double>(), 1e-30);
        Assert.IsTrue(distance <= limit, $"{what}: relative L2 distance {distance:g3}, allowed {limit:g3}");
    }
}
