namespace ZsMlc.MLNet.SyntheticData.Store;

[TestClass]
public sealed class StoreUseTests
{
    private static readonly string s_leftover = $"000000.png.{Guid.Empty:n}.tmp";

    [TestMethod]
    public void Enter_Alone_RemovesWhatKilledProcessesLeftAndNothingElse()
    {
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder["images/000"]);
        string[] left = [folder.Write(s_leftover, ""), folder.Write($"images/000/{s_leftover}", "")];
        string[] others = [folder.Write("notes.tmp", ""), folder.Write("images/000/000000.png", "")];

        using var use = StoreUse.Enter(folder.Path);

        Assert.IsFalse(left.Any(File.Exists));
        Assert.IsTrue(others.All(File.Exists));
    }

    [TestMethod]
    public void SweepIfAlone_StoreInUse_LeavesFilesThatMayBeBeingWritten()
    {
        using var folder = new TestFolder();
        using (StoreUse.Enter(folder.Path))
        {
            var file = folder.Write(s_leftover, "");
            using var second = StoreUse.Enter(folder.Path);
            Assert.IsTrue(File.Exists(file));
            second.SweepIfAlone();
            Assert.IsTrue(File.Exists(file));
        }

        using var last = StoreUse.Enter(folder.Path);
        Assert.IsFalse(File.Exists(folder[s_leftover]));
    }
}
