using System.Runtime.Versioning;
using ZsMlc.MLNet.SyntheticData;
using ZsMlc.Samples.ZeroShotCoco;

namespace ZsMlc.Samples.Tests.ZeroShotCoco.Cluster;

/// <summary>The shipped script as it lies beside the program, under a real Slurm.</summary>
[TestClass]
[UnsupportedOSPlatform("windows")]
public sealed class SlurmTests
{
    private const string Script = "cluster/generate.slurm";

    // 42 pictures in pieces of 8: the six tasks have a piece each.
    private static readonly string[] s_options = ["--images-per-label", "21", "--batch-size", "1"];
    private static readonly Dictionary<string, string> s_none = [];

    private static string App => AppContext.BaseDirectory.TrimEnd('/');

    [TestMethod]
    public async Task Generate_ArrayWithKilledTasks_GivesTheStoreOfOneProcess()
    {
        using var slurm = SlurmCluster.Start();
        using var folder = new TemporaryFolder();
        var (photos, work, reference) = (CocoLayout.Draw(folder.Path), folder["work"], folder["reference"]);
        foreach (var place in new[] { work, reference })
        {
            await Programs.RunAsync(ZeroShotCocoProgram.RunAsync, "split", "--work", place, "--train", photos.Annotations, "--test", photos.Annotations, "--labels", photos.Labels!);
        }

        // The GPUs of this Slurm are not real.
        string[] command = [$"--output={folder["%A_%a.log"]}", Script, work, "micro", "micro", "--fallback-to-cpu", .. s_options];
        var job = slurm.Submit(App, s_none, ["--array=0-5", .. command]);

        // Task 1 is killed in its work and put back; task 3 is killed and left so.
        KillInWork(slurm, work, $"{job}_1", firstSlot: 8);
        var (requeued, answer) = slurm.Run("scontrol", "requeue", $"{job}_1");
        Assert.AreEqual(0, requeued, answer);
        KillInWork(slurm, work, $"{job}_3", firstSlot: 24);

        var one = await Programs.RunAsync(ZeroShotCocoProgram.RunAsync, ["generate", "--work", reference, "--diffusion", "micro", "--judge", "micro", .. s_options]);
        Assert.AreEqual(0, one.Code, one.Output);
        slurm.WaitForAll();
        foreach (var task in new[] { 0, 1, 2, 4, 5 })
        {
            Assert.AreEqual("COMPLETED", slurm.Field($"{job}_{task}", "JobState"), File.ReadAllText(folder[$"{job}_{task}.log"]));
        }

        Assert.AreEqual("1", slurm.Field($"{job}_1", "Restarts"));
        Assert.AreEqual("FAILED", slurm.Field($"{job}_3", "JobState"));
        Assert.IsFalse(File.Exists(Path.Combine(work, "synthetic", "annotations.json")));

        // Without the count of the first array nobody knows which part is meant.
        var unclear = slurm.Submit(App, s_none, ["--array=3", .. command]);
        slurm.WaitForAll();
        Assert.AreEqual("2:0", slurm.Field($"{unclear}_3", "ExitCode"));
        Assert.Contains("ZSMLC_SHARD_COUNT", File.ReadAllText(folder[$"{unclear}_3.log"]));

        // From another folder, too.
        var again = slurm.Submit(
            folder.Path, new Dictionary<string, string> { ["ZSMLC_SHARD_COUNT"] = "6", ["ZSMLC_APP"] = App }, ["--array=3", command[0], Path.Combine(App, Script), .. command[2..]]);
        slurm.WaitForAll();
        var log = File.ReadAllText(folder[$"{again}_3.log"]);
        Assert.AreEqual("COMPLETED", slurm.Field($"{again}_3", "JobState"), log);
        Assert.Contains("task 4 of 6", log);
        StoreFiles.AreEqual(StoreFiles.Of(Path.Combine(reference, "synthetic")), Path.Combine(work, "synthetic"));
    }

    /// <summary>Kills the process of a task with the signal that nothing survives, once it has recorded a picture of its part.</summary>
    private static void KillInWork(SlurmCluster slurm, string work, string task, int firstSlot)
    {
        var record = Path.Combine(work, "synthetic", "records", "000", $"{firstSlot:d6}.json");
        slurm.WaitFor(() => File.Exists(record), $"{task} to begin");
        slurm.Run("scancel", "--signal=KILL", "--batch", task);
        slurm.WaitFor(() => slurm.Field(task, "JobState") == "FAILED", $"{task} to fail");
    }
}
