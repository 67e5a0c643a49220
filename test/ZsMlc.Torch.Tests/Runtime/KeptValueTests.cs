using ZsMlc.Torch.Runtime;

namespace ZsMlc.Torch.Tests.Runtime;

[TestClass]
public sealed class KeptValueTests
{
    [TestMethod]
    public void Use_FirstUsesAtOnce_MakeOneValue()
    {
        using KeptValue<Value> kept = new();
        var made = 0;
        using Barrier all = new(6);

        var threads = Enumerable.Range(0, 6).Select(_ => Task.Factory.StartNew(() =>
        {
            all.SignalAndWait();
            using var loan = kept.Use(() =>
            {
                Thread.Sleep(5);
                return new Value(Interlocked.Increment(ref made));
            });
            return loan.Value.Number;
        }, TaskCreationOptions.LongRunning)).ToArray();

        CollectionAssert.AreEqual(new[] { 1, 1, 1, 1, 1, 1 }, threads.Select(t => t.Result).ToArray());
        Assert.AreEqual(1, made);
    }

    [TestMethod]
    public void Use_AnotherValueIsWanted_TheOldOneStaysForWhoUsesIt()
    {
        using KeptValue<Value> kept = new();
        var old = kept.Use(() => new(1));
        using (var next = kept.Use(() => new(2), v => v.Number == 2))
        {
            Assert.AreEqual(2, next.Value.Number);
            Assert.IsFalse(old.Value.IsDisposed);
        }

        old.Dispose();

        Assert.IsTrue(old.Value.IsDisposed);
        using var again = kept.Use(() => new(3), v => v.Number == 2);
        Assert.AreEqual(2, again.Value.Number);
    }

    [TestMethod]
    public void Forget_ValueOfAnotherThreadInUse_WaitsForIt()
    {
        using KeptValue<Value> kept = new();
        using ManualResetEventSlim inside = new(), leave = new();
        Value? used = null;
        var user = Task.Run(() =>
        {
            using var loan = kept.Use(() => new(1));
            used = loan.Value;
            inside.Set();
            leave.Wait();
            Assert.IsFalse(used.IsDisposed);
        });
        inside.Wait();

        var forgetting = Task.Run(kept.Forget);
        Assert.IsFalse(forgetting.Wait(20));
        leave.Set();
        Task.WaitAll(user, forgetting);

        Assert.IsTrue(used!.IsDisposed);
    }

    [TestMethod]
    public void Use_MakingFails_TheNextUseMakes()
    {
        using KeptValue<Value> kept = new();

        Assert.ThrowsExactly<IOException>(() => kept.Use(() => throw new IOException()));

        using var loan = kept.Use(() => new(5));
        Assert.AreEqual(5, loan.Value.Number);
    }

    private sealed class Value(int number) : IDisposable
    {
        public int Number => number;

        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }
}
