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
}
