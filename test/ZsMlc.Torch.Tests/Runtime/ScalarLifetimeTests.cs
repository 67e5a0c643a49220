using System.Reflection;
using System.Runtime.CompilerServices;
using TorchSharp;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Runtime;

[TestClass]
[OSCondition(OperatingSystems.Linux)]
public sealed class ScalarLifetimeTests
{
    private const BindingFlags Hidden = BindingFlags.NonPublic | BindingFlags.Instance;
    private const int Count = 100;

    [TestMethod]
    public void Collection_OfNumbersOnTheWayToLibtorch_LeavesThemReadable()
    {
        var handles = Drop();
        GC.Collect();
        GC.WaitForPendingFinalizers();

        Assert.IsTrue(ScalarLifetime.IsExtended);
        CollectionAssert.AreEqual(Enumerable.Range(0, Count).Select(i => i + 0.5f).ToArray(), handles.Select(Read).ToArray());
    }

    [TestMethod]
    public void LetGo_ThreeSecondsAndThreeMore_FreesWhatWasThereBefore()
    {
        var now = Environment.TickCount64;
        _ = Drop();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.IsGreaterThanOrEqualTo(Count, ScalarLifetime.Waiting);

        // Times ahead of the clock, so that what other tests let go of meanwhile frees nothing.
        ScalarLifetime.LetGo(NewHandle(), now + 100_000);
        Assert.IsGreaterThanOrEqualTo(Count, ScalarLifetime.Waiting, "the first three seconds");
        ScalarLifetime.LetGo(NewHandle(), now + 102_999);
        Assert.IsGreaterThanOrEqualTo(Count, ScalarLifetime.Waiting, "less than three seconds later");
        var before = ScalarLifetime.Waiting;
        ScalarLifetime.LetGo(NewHandle(), now + 103_000);
        Assert.IsLessThan(before - Count / 2, ScalarLifetime.Waiting, "three seconds later");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static nint[] Drop() => [.. Enumerable.Range(0, Count).Select(i => Handle(i + 0.5f))];

    private static nint Handle(Scalar scalar) => (nint)typeof(Scalar).GetProperty(nameof(Handle), Hidden)!.GetValue(scalar)!;

    // A handle that no object will let go of.
    private static nint NewHandle()
    {
        Scalar scalar = 1f;
        GC.SuppressFinalize(scalar);
        return Handle(scalar);
    }

    private static float Read(nint handle)
    {
        var scalar = (Scalar)Activator.CreateInstance(typeof(Scalar), Hidden, null, [handle], null)!;
        GC.SuppressFinalize(scalar);
        return scalar.ToSingle();
    }
}
