using System.Diagnostics;
using System.Runtime.Versioning;
using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.Torch.Tests.Checkpoints;

[TestClass]
public sealed class AtomicFileTests
{
    [TestMethod]
    public void TryCreate_ManyAtOnce_OneWinsAndItsFileStays()
    {
        using var folder = new TemporaryFolder();
        for (var round = 0; round < 20; round++)
        {
            var path = Path.Combine(folder.Path, $"{round}.txt");
            using var start = new Barrier(8);

            Task<bool>[] writers = [.. Enumerable.Range(0, 8).Select(i => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    return AtomicFile.TryCreate(path, stream => stream.WriteByte((byte)i));
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default))];
            var won = Task.WhenAll(writers).GetAwaiter().GetResult().ToList();

            Assert.AreEqual(1, won.Count(w => w));
            CollectionAssert.AreEqual(new[] { (byte)won.IndexOf(true) }, File.ReadAllBytes(path));
        }

        Assert.HasCount(20, Directory.GetFiles(folder.Path));
    }

    [TestMethod]
    public void Write_WriterFails_LeavesTheOldFileAndNoOther()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "file");
        AtomicFile.WriteText(path, "old");

        Assert.ThrowsExactly<IOException>(() => AtomicFile.Write(path, stream =>
        {
            stream.WriteByte(1);
            throw new IOException("full");
        }));

        Assert.AreEqual("old", File.ReadAllText(path));
        Assert.HasCount(1, Directory.GetFiles(folder.Path));
    }

    [TestMethod]
    public void Write_Folder_IsRefusedBeforeTheWork()
    {
        using var folder = new TemporaryFolder();
        var path = Directory.CreateDirectory(folder["file"]).FullName;

        var e = Assert.ThrowsExactly<IOException>(() => AtomicFile.Write(path, _ => Assert.Fail("The work has begun.")));

        Assert.Contains($"{path} cannot be written: it is a folder", e.Message);
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void Write_Pipe_IsRefusedBeforeTheWorkAndStays()
    {
        using var folder = new TemporaryFolder();
        using (var make = Process.Start("mkfifo", [folder["pipe"]]))
        {
            make.WaitForExit();
        }

        File.CreateSymbolicLink(folder["link"], "pipe");
        foreach (var path in new[] { folder["pipe"], folder["link"] })
        {
            var e = Assert.ThrowsExactly<IOException>(() => AtomicFile.Write(path, _ => Assert.Fail("The work has begun.")));
            Assert.Contains($"{path} cannot be written: it is a pipe", e.Message);
        }

        Assert.AreEqual("a pipe", RegularFile.OtherKind(folder["pipe"]));
        Assert.IsNull(RegularFile.OtherKind(folder["nothing"]));
    }

    [TestMethod]
    public void Write_NoFolder_NamesTheFileAndTheFolder()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder["missing"], "file");

        var e = Assert.ThrowsExactly<DirectoryNotFoundException>(() => AtomicFile.WriteText(path, "new"));

        Assert.AreEqual($"{path} cannot be written: there is no folder {folder["missing"]}.", e.Message);
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    [DataRow(true)]
    [DataRow(false)]
    public void Write_Link_ReplacesItsTarget(bool exists)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["versions"]);
        File.CreateSymbolicLink(folder["current"], "versions/last");
        File.CreateSymbolicLink(folder["versions/last"], "1");
        if (exists)
        {
            AtomicFile.WriteText(folder["versions/1"], "old");
        }

        AtomicFile.WriteText(folder["current"], "new");

        Assert.AreEqual("versions/last", new FileInfo(folder["current"]).LinkTarget);
        Assert.AreEqual("1", new FileInfo(folder["versions/last"]).LinkTarget);
        Assert.AreEqual("new", File.ReadAllText(folder["versions/1"]));
        Assert.IsFalse(AtomicFile.TryCreate(folder["current"], _ => { }));
        Assert.HasCount(2, Directory.GetFiles(folder["versions"]));
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void Write_LinkBehindALinkedFolder_ReplacesTheFileThatReadersSee()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["a/b"]);
        File.CreateSymbolicLink(folder["a/b/link"], "../file");
        Directory.CreateSymbolicLink(folder["short"], "a/b");

        AtomicFile.WriteText(folder["short/link"], "new");

        Assert.AreEqual("new", File.ReadAllText(folder["a/file"]));
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void Write_CircleOfLinks_IsRefused()
    {
        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder["a"], "b");
        File.CreateSymbolicLink(folder["b"], "a");

        Assert.Contains(folder["a"], Assert.ThrowsExactly<IOException>(() => AtomicFile.WriteText(folder["a"], "new")).Message);
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    [SupportedOSPlatform("linux")]
    [DataRow(UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [DataRow(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)]
    public void Write_OldFile_HandsItsModeOn(UnixFileMode mode)
    {
        using var folder = new TemporaryFolder();
        AtomicFile.WriteText(folder["file"], "old");
        File.SetUnixFileMode(folder["file"], mode);

        AtomicFile.Write(folder["file"], _ => Assert.AreEqual(mode, File.GetUnixFileMode(Directory.GetFiles(folder.Path, "*.tmp").Single())));

        Assert.AreEqual(mode, File.GetUnixFileMode(folder["file"]));
    }
}
