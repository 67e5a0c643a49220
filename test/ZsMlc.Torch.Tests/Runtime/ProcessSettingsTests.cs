using ZsMlc.Torch.Runtime;

namespace ZsMlc.Torch.Tests.Runtime;

[TestClass]
public sealed class ProcessSettingsTests
{
    private static readonly string[] s_prefixes = ["OMP_WAIT_POLICY", "KMP_"];

    [TestMethod]
    [DataRow(false, "PATH", "/bin")]
    [DataRow(false, "OMP_WAIT_POLICY", "")]
    [DataRow(false, "OMP_NUM_THREADS", "3")]
    [DataRow(false, ProcessSettings.Switch, "1")]
    [DataRow(true, "OMP_WAIT_POLICY", "active")]
    [DataRow(true, "KMP_BLOCKTIME", "0")]
    [DataRow(true, ProcessSettings.Switch, "0")]
    public void Leaves_AnEnvironment_RespectsWhatTheUserChose(bool expected, string name, string value) =>
        Assert.AreEqual(expected, ProcessSettings.Leaves(s_prefixes, new Dictionary<string, string> { [name] = value }));

    [TestMethod]
    public void Process_AfterTheFirstTouchOfTorchSharp_WaitsAsChosenAndHasNoMoreThreadsThanCores()
    {
        var threads = TorchSharp.torch.get_num_threads();
        var chosen = ProcessSettings.Leaves(["OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_"]) || !GnuLibrary.IsPresent;
        Assert.AreEqual(chosen ? Environment.GetEnvironmentVariable("GOMP_SPINCOUNT") : "6000", GnuLibrary.Environment("GOMP_SPINCOUNT"));
        Assert.IsLessThanOrEqualTo(Environment.ProcessorCount, threads);
    }
}
