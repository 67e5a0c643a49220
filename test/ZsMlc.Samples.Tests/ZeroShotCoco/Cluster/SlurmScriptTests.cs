using System.Diagnostics;

namespace ZsMlc.Samples.Tests.ZeroShotCoco.Cluster;

/// <summary>The shipped script where no Slurm is needed; what it starts in place of .NET prints its arguments.</summary>
[TestClass]
public sealed class SlurmScriptTests
{
    private static readonly string s_script = Path.Combine(AppContext.BaseDirectory, "cluster", "generate.slurm");

    [TestMethod]
    public void Script_WithoutArguments_PrintsItsUsage()
    {
        var (code, output) = Run([]);

        Assert.AreEqual(2, code);
        Assert.Contains("Usage", output);
        Assert.Contains("ZSMLC_SHARD_COUNT=16 sbatch --array=3,7", output);
    }

    [TestMethod]
    public void Script_FolderWithoutTheProgram_NamesWhereItLooked()
    {
        var (code, output) = Run(["work", "sd", "clip"], ("ZSMLC_APP", "/nowhere"));

        Assert.AreEqual(2, code);
        Assert.Contains("/nowhere/ZsMlc.Samples.ZeroShotCoco.dll", output);
    }

    [TestMethod]
    [DataRow("", "", DisplayName = "no GPU given")]
    [DataRow("1", " --gpu all", DisplayName = "a GPU given by Slurm")]
    public void Script_FurtherArguments_ArePassedOn(string gpus, string expected)
    {
        var (code, output) = Run(["a work", "sd", "clip", "--seed", "3"], ("SLURM_SUBMIT_DIR", AppContext.BaseDirectory), ("SLURM_GPUS_ON_NODE", gpus));

        Assert.AreEqual(0, code, output);
        Assert.AreEqual($"generate --work a work --diffusion sd --judge clip --seed 3{expected}", output.Trim());
    }

    [TestMethod]
    public void Script_GpuAmongTheArguments_IsLeftAlone()
    {
        var (_, output) = Run(["work", "sd", "clip", "--gpu", "1"], ("SLURM_SUBMIT_DIR", AppContext.BaseDirectory), ("SLURM_GPUS_ON_NODE", "2"));

        Assert.AreEqual("generate --work work --diffusion sd --judge clip --gpu 1", output.Trim());
    }

    private static (int Code, string Output) Run(string[] arguments, params (string Name, string Value)[] environment)
    {
        if (!File.Exists("/bin/bash"))
        {
            Assert.Inconclusive("Needs bash.");
        }

        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["dotnet"], "#!/bin/bash\nshift\necho \"$@\"\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder["dotnet"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        var start = new ProcessStartInfo("/bin/bash", [s_script, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{folder.Path}:{start.Environment["PATH"]}";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }
}
