using ZsMlc.Torch.Runtime;

namespace ZsMlc.Torch.Tests.Runtime;

[TestClass]
public sealed class SharedLifetimeTests
{
    private int _freed;

    [TestMethod]
    public void Dispose_NoCallRuns_FreesOnce()
    {
        var lifetime = Lifetime();

        lifetime.Dispose();
        lifetime.Dispose();

        Assert.AreEqual(1, _freed);
    }

    [TestMethod]
    public void Dispose_CallOfAnotherThreadRuns_WaitsForItAndRefusesNewOnes()
    {
        var lifetime = Lifetime();
        using ManualResetEventSlim inside = new(), leave = new();
        var call = Task.Run(() =>
        {
            using var use = lifetime.Enter();
            inside.Set();
            leave.Wait();

            // A running call may call on, although the object was disposed meanwhile.
            using var nested = lifetime.Enter();
            Assert.AreEqual(0, _freed);
        });
        inside.Wait();

        var disposal = Task.Run(lifetime.Dispose);
        SpinWait.SpinUntil(() => Refuses(lifetime));
        Assert.IsFalse(disposal.Wait(20));
        Assert.AreEqual(0, _freed);
        leave.Set();
        Task.WaitAll(call, disposal);

        Assert.AreEqual(1, _freed);
    }

    [TestMethod]
    public void Dispose_InsideACallOfTheSameThread_FreesWhenItEnds()
    {
        var lifetime = Lifetime();

        using (lifetime.Enter())
        {
            lifetime.Dispose();
            Assert.AreEqual(0, _freed);
        }

        Assert.AreEqual(1, _freed);
        Assert.IsTrue(Refuses(lifetime));
    }

    [TestMethod]
    public void Dispose_TwoCallsThatDisposeEachOther_DoNotWaitForEver()
    {
        var (first, second) = (Lifetime(), Lifetime());
        using Barrier both = new(2);
        Task Cross(SharedLifetime own, SharedLifetime other) => Task.Run(() =>
        {
            using var use = own.Enter();
            both.SignalAndWait();
            other.Dispose();
        });

        Assert.IsTrue(Task.WaitAll([Cross(first, second), Cross(second, first)], TimeSpan.FromSeconds(20)));

        Assert.AreEqual(2, _freed);
    }

    [TestMethod]
    public void Enter_AfterDispose_SaysWhoDisposedAndWhatToDo()
    {
        var lifetime = Lifetime();
        lifetime.Describe("Tagger", "Keep it.");
        lifetime.Dispose();

        var e = Assert.ThrowsExactly<ObjectDisposedException>(() => lifetime.Enter());

        Assert.Contains($"disposed by {nameof(SharedLifetimeTests)}.{nameof(Enter_AfterDispose_SaysWhoDisposedAndWhatToDo)}", e.Message);
        Assert.Contains("Keep it.", e.Message);
        Assert.AreEqual("Tagger", e.ObjectName);
    }

    [TestMethod]
    public void Dispose_ManyThreads_FreesOnceAndNeverUnderACall()
    {
        for (var round = 0; round < 200; round++)
        {
            _freed = 0;
            var lifetime = Lifetime();
            Parallel.For(0, 8, i =>
            {
                for (var k = 0; k < 20; k++)
                {
                    if (i == 7 && k == 10)
                    {
                        lifetime.Dispose();
                        Assert.AreEqual(1, _freed);
                    }

                    try
                    {
                        using var use = lifetime.Enter();
                        Assert.AreEqual(0, _freed);
                    }
                    catch (ObjectDisposedException)
                    {
                        return;
                    }
                }
            });
            Assert.AreEqual(1, _freed);
        }
    }

    private static bool Refuses(SharedLifetime lifetime)
    {
        try
        {
            lifetime.Check();
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    private SharedLifetime Lifetime() => new("thing", () => Interlocked.Increment(ref _freed));
}
