using System.Diagnostics;
using System.Globalization;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>Real processes on one store: killed at any moment, side by side, and on a full disk.</summary>
[TestClass]
public sealed class StoreProcessTests
{
    private static TestFolder s_reference = null!;
    private static SortedDictionary<string, string> s_expected = null!;

    [ClassInitialize]
    public static void Fill(TestContext context)
    {
        s_reference = new();
        StoreJob.Run(s_reference.Path, new Painter(), Shard.Whole);
        s_expected = StoreFiles.Of(s_reference.Path);
    }

    [ClassCleanup]
    public static void Clean() => s_reference.Dispose();

    [TestMethod]
    public void Run_KilledTwentyTimesAtRandomMoments_EndsInTheSameStore()
    {
        using var folder = new TestFolder();
        var random = new Random(3);
        var kills = 0;
        while (kills < 20)
        {
            using var worker = Start(folder.Path, Shard.Whole, pause: 1);
            for (var groups = random.Next(3); groups >= 0 && worker.StandardOutput.ReadLine() is not null; groups--)
            {
            }

            // Within the next groups: while painting, encoding, writing, renaming or flushing.
            Thread.Sleep(random.Next(25));
            worker.Kill();
            worker.WaitForExit();
            Assert.AreNotEqual(0, worker.ExitCode, $"The store was finished after {kills} kills; the job is too small for this test.");
            kills++;
            Assert.IsFalse(File.Exists(folder["annotations.json"]));
        }

        Assert.IsNotEmpty(Directory.GetFiles(folder.Path, "*.json", SearchOption.AllDirectories));
        Finish(Start(folder.Path, Shard.Whole, pause: 0), "complete");
        StoreFiles.AreEqual(s_expected, folder.Path);
    }

    [TestMethod]
    public void Run_FourShardsAtOnce_GiveTheSameStoreAsOneProcess()
    {
        using var folder = new TestFolder();

        var workers = Enumerable.Range(0, 4).Select(i => Start(folder.Path, new Shard(i, 4), pause: 2)).ToList();

        var answers = workers.Select(worker => Finish(worker)).ToList();
        Assert.Contains("complete", answers);
        StoreFiles.AreEqual(s_expected, folder.Path);
    }

    [TestMethod]
    public void Run_TwoProcessesOnTheSameSlots_GiveTheSameStore()
    {
        using var folder = new TestFolder();

        var first = Start(folder.Path, Shard.Whole, pause: 3);
        first.StandardOutput.ReadLine();
        var second = Start(folder.Path, Shard.Whole, pause: 0);

        Finish(first, "complete");
        Finish(second, "complete");
        StoreFiles.AreEqual(s_expected, folder.Path);
    }

    [TestMethod]
    public void Run_OneOfTwoProcessesKilled_TheOtherSweepsUp()
    {
        using var folder = new TestFolder();
        var survivor = Start(folder.Path, Shard.Whole, pause: 3);
        using (var victim = Start(folder.Path, Shard.Whole, pause: 3))
        {
            victim.StandardOutput.ReadLine();
            victim.Kill();
            victim.WaitForExit();
        }

        // As a process leaves it that is killed while writing.
        Directory.CreateDirectory(folder["images/000"]);
        folder.Write($"images/000/000001.png.{Guid.Empty:n}.tmp", "half");

        Finish(survivor, "complete");
        StoreFiles.AreEqual(s_expected, folder.Path);
    }

    [TestMethod]
    public void Run_DiskFull_ThrowsNamesTheFileAndGoesOnLater()
    {
        using var folder = new TestFolder();
        var disk = folder["disk"];
        Directory.CreateDirectory(disk);
        if (!OperatingSystem.IsLinux() || !Succeeds("mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", disk))
        {
            Assert.Inconclusive("DiskFull: a small file system can be mounted on Linux as root only.");
        }

        try
        {
            var e = Assert.ThrowsExactly<IOException>(() => StoreJob.Run(disk, new Painter(), Shard.Whole));
            StringAssert.Contains(e.Message, disk);
            StringAssert.Contains(e.Message, "run again");
            Assert.IsEmpty(Directory.GetFiles(disk, "*.tmp", SearchOption.AllDirectories));

            // Full still: the same error, and what is there stays valid.
            var held = StoreFiles.Of(disk);
            Assert.ThrowsExactly<IOException>(() => StoreJob.Run(disk, new Painter(), Shard.Whole));
            foreach (var (file, hash) in held)
            {
                Assert.AreEqual(hash, StoreFiles.Of(disk)[file]);
            }

            Assert.IsTrue(Succeeds("mount", "-o", "remount,size=16m", disk));
            Assert.IsTrue(StoreJob.Run(disk, new Painter(), Shard.Whole).IsComplete);
            StoreFiles.AreEqual(s_expected, disk);
        }
        finally
        {
            Assert.IsTrue(Succeeds("umount", disk));
        }
    }

    private static Process Start(string folder, Shard shard, int pause)
    {
        string[] arguments = [typeof(StoreJob).Assembly.Location, folder, Text(shard.Index), Text(shard.Count), Text(pause)];
        return Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
    }

    // Takes the last line that a worker writes.
    private static string Finish(Process worker, string? expected = null)
    {
        using (worker)
        {
            var error = worker.StandardError.ReadToEndAsync();
            var last = worker.StandardOutput.ReadToEnd().TrimEnd().Split('\n')[^1];
            worker.WaitForExit();
            Assert.AreEqual(0, worker.ExitCode, error.Result);
            Assert.AreEqual(expected ?? last, last);
            return last;
        }
    }

    private static bool Succeeds(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
