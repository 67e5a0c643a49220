using ZsMlc.Torch.Runtime;

namespace ZsMlc.Torch.Tests.Runtime;

[TestClass]
public sealed class OwnThreadTests
{
    [TestMethod]
    public async Task Run_Repeatedly_IsAlwaysOnOneThread()
    {
        using var thread = new OwnThread("test");
        var first = await thread.Run(() => Environment.CurrentManagedThreadId, default);
        await Task.Yield();
        Assert.AreEqual(first, await thread.Run(() => Environment.CurrentManagedThreadId, default));
        Assert.AreNotEqual(first, Environment.CurrentManagedThreadId);
    }

    [TestMethod]
    public async Task Run_WorkThrows_TaskThrowsAndTheThreadGoesOn()
    {
        using var thread = new OwnThread("test");
        await Assert.ThrowsExactlyAsync<InvalidDataException>(() => thread.Run<int>(() => throw new InvalidDataException(), default));
        Assert.AreEqual(3, await thread.Run(() => 3, default));
    }

    [TestMethod]
    public async Task Run_Cancelled_DoesNotBegin()
    {
        using var thread = new OwnThread("test");
        using var cancellation = new CancellationTokenSource();
        using var gate = new ManualResetEventSlim();
        var first = thread.Run(() => gate.Wait(10_000), default);
        var second = thread.Run(() => true, cancellation.Token);
        cancellation.Cancel();
        gate.Set();
        Assert.IsTrue(await first);
        await Assert.ThrowsExactlyAsync<TaskCanceledException>(() => second);
    }
}
