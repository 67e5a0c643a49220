using System.Reflection;
using System.Runtime.CompilerServices;
using TorchSharp;

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

        CollectionAssert.AreEqual(Enumerable.Range(0, Count).Select(i => i + 0.5f).ToArray(), handles.Select(Read).ToArray());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static nint[] Drop() => [.. Enumerable.Range(0, Count).Select(i => Handle(i + 0.5f))];

    private static nint Handle(Scalar scalar) => (nint)typeof(Scalar).GetProperty(nameof(Handle), Hidden)!.GetValue(scalar)!;

    // Another object for the handle, which never lets go of it.
    private static float Read(nint handle)
    {
        var scalar = (Scalar)Activator.CreateInstance(typeof(Scalar), Hidden, null, [handle], null)!;
        GC.SuppressFinalize(scalar);
        return scalar.ToSingle();
    }
}
