using TorchSharp;

namespace ZsMlc.Torch.Runtime;

[TestClass]
public sealed class CallingThreadTests
{
    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void ComputesAlone_OnAThread_LeavesTheOthersTheirThreads()
    {
        var before = torch.get_num_threads();
        var (does, threads, sum) = (false, 0, 0f);
        var thread = new Thread(() =>
        {
            does = CallingThread.ComputesAlone();
            threads = torch.get_num_threads();
            using var ones = torch.ones(100_000);
            sum = ones.sum().item<float>();
        });
        thread.Start();
        thread.Join();

        Assert.AreEqual((true, 1, 100_000f), (does, threads, sum));
        Assert.AreEqual(before, torch.get_num_threads());
    }
}
