namespace ZsMlc.Packaging.Tests;

/// <summary>Users' programs whose first line calls TorchSharp, on whatever system this is: none of them names a part of the packages.</summary>
[TestClass]
public sealed class FirstTouchTests
{
    private static string s_projects = null!;

    [ClassInitialize]
    public static void Build(TestContext context)
    {
        s_projects = Packages.CopyOf("FirstTouch");
        Packages.Build(s_projects, "build", "FirstTouch.slnx");
    }

    [TestMethod]
    [DataRow("Console", "False")]
    [DataRow("Web", "1")]
    [DataRow("FSharp", "false")]
    public void FirstLine_Program_ReachesLibtorch(string project, string line) =>
        Assert.AreEqual(line, Repository.Run(s_projects, "dotnet", Output(project, project + ".dll")).Trim());

    [TestMethod]
    public void PlainCalls_OfTheExtensionMembers_NeedNoCSharp14() =>
        Assert.AreEqual("SyntheticUnseenDataEstimator ClipFilterEstimator FusionMultiLabelTrainer", Repository.Run(s_projects, "dotnet", Output("CSharp13", "CSharp13.dll")).Trim());

    [TestMethod]
    public void FirstLine_MSTestRunner_ReachesLibtorch() =>
        Assert.Contains("succeeded: 1", Repository.Run(s_projects, "dotnet", Output("MSTestProject", "MSTestProject.dll")));

    [TestMethod]
    public void FirstLine_XunitUnderVSTest_ReachesLibtorch() =>
        Assert.Contains("Passed:     1", Repository.Run(s_projects, "dotnet", "test", Output("XunitProject", "XunitProject.dll")));

    [TestMethod]
    public void FirstLine_SingleFile_ReachesLibtorch()
    {
        var folder = Path.Combine(s_projects, "published");
        Packages.Build(Path.Combine(s_projects, "SingleFile"), "publish", "--no-build", "-o", folder);
        Assert.IsFalse(File.Exists(Path.Combine(folder, "ZsMlc.Torch.dll")), "It is inside the program.");

        Assert.AreEqual("False", Repository.Run(folder, Path.Combine(folder, OperatingSystem.IsWindows() ? "SingleFile.exe" : "SingleFile")).Trim());
    }

    [TestMethod]
    public void FirstLine_FileBasedProgram_ReachesLibtorch() =>
        Assert.AreEqual("False", Packages.Build(Path.Combine(s_projects, "FileBased"), "run", "app.cs").Trim());

    [TestMethod]
    public void Hook_SwitchedOff_IsNotInTheProgram()
    {
        var configuration = Output("Console", "Console.runtimeconfig.json");
        Assert.Contains("\"STARTUP_HOOKS\": \"ZsMlc.Torch\"", File.ReadAllText(configuration));

        Packages.Build(Path.Combine(s_projects, "Console"), "build", "-p:ZsMlcStartupHook=false", "-o", Path.Combine(s_projects, "without"));

        Assert.DoesNotContain("STARTUP_HOOKS", File.ReadAllText(Path.Combine(s_projects, "without", "Console.runtimeconfig.json")));
    }

    private static string Output(string project, string file) => Path.Combine(s_projects, project, "bin", "Release", "net10.0", file);
}
