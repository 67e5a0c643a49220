using System.Diagnostics;
using ZsMlc.Samples.ZeroShotCoco;

namespace ZsMlc.Samples.Tests.ZeroShotCoco;

/// <summary>What the program tells a scheduler.</summary>
[TestClass]
public sealed class ExitCodeTests
{
    [TestMethod]
    [DataRow(new[] { "generate", "--diffusion", "micro", "--judge", "micro", "--no-such-option" }, DisplayName = "unknown option")]
    [DataRow(new[] { "generate" }, DisplayName = "required options missing")]
    [DataRow(new[] { "generate", "--work", "/nowhere", "--diffusion", "micro", "--judge", "micro" }, DisplayName = "no split")]
    public async Task RunAsync_WrongUse_Is2(string[] command)
    {
        var (code, output) = await Programs.RunAsync(ZeroShotCocoProgram.RunAsync, command);

        Assert.AreEqual(2, code, output);
    }

    [TestMethod]
    public async Task RunAsync_DiskFull_Is75AndLaterDone()
    {
        using var folder = new TemporaryFolder();
        await SplitAsync(folder);
        var store = Directory.CreateDirectory(folder["synthetic"]).FullName;
        if (!OperatingSystem.IsLinux() || !Succeeds("mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", store))
        {
            Assert.Inconclusive("DiskFull: a small file system can be mounted on Linux as root only.");
        }

        try
        {
            var (code, output) = await Programs.RunAsync(ZeroShotCocoProgram.RunAsync, Generate(folder));
            Assert.AreEqual(75, code, output);
            Assert.Contains("run again", output);

            Assert.IsTrue(Succeeds("mount", "-o", "remount,size=16m", store));
            (code, output) = await Programs.RunAsync(ZeroShotCocoProgram.RunAsync, Generate(folder));
            Assert.AreEqual(0, code, output);
        }
        finally
        {
            Assert.IsTrue(Succeeds("umount", store));
        }
    }

    [TestMethod]
    public async Task RunAsync_AskedToEnd_Is130()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("Needs the signals of Unix.");
        }

        using var folder = new TemporaryFolder();
        await SplitAsync(folder);
        string[] command = [typeof(ZeroShotCocoProgram).Assembly.Location, .. Generate(folder)];
        using var process = Process.Start(new ProcessStartInfo("dotnet", command) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        await process.StandardOutput.ReadLineAsync(); // it works from here on

        Assert.IsTrue(Succeeds("kill", "-TERM", $"{process.Id}"));
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.AreEqual(130, process.ExitCode, error);
        Assert.Contains("goes on from here", error);
    }

    private static string[] Generate(TemporaryFolder folder) =>
        ["generate", "--work", folder.Path, "--diffusion", "micro", "--judge", "micro", "--images-per-label", "2", "--batch-size", "1"];

    private static Task SplitAsync(TemporaryFolder folder)
    {
        var photos = CocoLayout.Draw(folder.Path);
        return Programs.RunAsync(ZeroShotCocoProgram.RunAsync, "split", "--work", folder.Path, "--train", photos.Annotations, "--test", photos.Annotations, "--labels", photos.Labels!);
    }

    private static bool Succeeds(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
