using System.Diagnostics;
using System.Reflection;

namespace ZsMlc.MLNet;

/// <summary>The torture program for a moment: it must run, do what it is for, and find nothing.</summary>
[TestClass]
public sealed class TortureTests
{
    [TestMethod]
    [DataRow("kills", "kills inside a write|kills  ")]
    [DataRow("disk", "refused")]
    [DataRow("threads", "transform")]
    [DataRow("parsers", "executions")]
    public void Torture_AMoment_FindsNothing(string mode, string done)
    {
        var (code, output) = Run("--minutes", "0.03", "--only", mode, "--seed", "5");

        Assert.AreEqual(0, code, output);
        Assert.MatchesRegex(done, output);
        Assert.Contains("nothing was found", output);
    }

    [TestMethod]
    [DataRow("--minutes", "0")]
    [DataRow("--only", "kittens")]
    [DataRow("--minutes")]
    public void Torture_WrongCommandLine_TellsTheUsage(params string[] arguments)
    {
        var (code, output) = Run(arguments);

        Assert.AreEqual(2, code);
        Assert.Contains("usage:", output);
    }

    private static (int Code, string Output) Run(params string[] arguments)
    {
        var program = Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Torture").Value!;
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }
}
