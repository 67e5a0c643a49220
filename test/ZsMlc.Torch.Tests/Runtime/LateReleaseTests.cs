using ZsMlc.Torch.Runtime;

namespace ZsMlc.Torch.Tests.Runtime;

[TestClass]
public sealed class LateReleaseTests
{
    [TestMethod]
    public void LetGo_TimeHasPassedTwice_ReleasesWhatWasThereBeforeTheFirst()
    {
        List<nint> released = [];
        LateRelease handles = new(released.Add, 100);
        void LetGo(nint handle, long now, params nint[] expected)
        {
            handles.LetGo(handle, now);
            CollectionAssert.AreEqual(expected, released);
        }

        LetGo(1, 1000);
        LetGo(2, 1099);
        LetGo(3, 1100, 1);
        LetGo(4, 1150, 1);
        LetGo(5, 1199, 1);
        LetGo(6, 5000, 1, 2, 3);
        LetGo(7, 5100, 1, 2, 3, 4, 5, 6);
    }

    [TestMethod]
    public void LetGo_ManyThreads_ReleasesEachOnce()
    {
        List<nint> released = [];
        LateRelease handles = new(released.Add, 10);
        Parallel.For(1, 1001, i => handles.LetGo(i, i));
        handles.LetGo(1001, 2000);
        handles.LetGo(1002, 3000);

        CollectionAssert.AreEquivalent(Enumerable.Range(1, 1001).Select(i => (nint)i).ToList(), released);
    }
}
