using ZsMlc.Torch.Runtime;

namespace ZsMlc.Torch.Tests.Runtime;

[TestClass]
public sealed class TorchRuntimeTests
{
    [TestMethod]
    public void Process_OfThisRepository_StartsWithTheHookOfThePackage()
    {
        Assert.AreEqual(typeof(TorchRuntime).Assembly.GetName().Name, AppContext.GetData("STARTUP_HOOKS"));
        Assert.IsNotNull(typeof(TorchRuntime).Assembly.GetType("StartupHook")?.GetMethod("Initialize", []));
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void Description_AfterTheFirstTouchOfTorchSharp_NamesTheBridge()
    {
        using var touched = TorchSharp.torch.ones(1);
        Assert.Contains("libLibTorchSharp.so", TorchRuntime.Description);
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void LoadOnLinux_EmptyFolder_TellsWhereItLookedAndWhatToInstall()
    {
        var message = TorchRuntime.LoadOnLinux(["/nowhere/native"]);
        StringAssert.Contains(message, "/nowhere/native");
        StringAssert.Contains(message, "TorchSharp");
    }

    [TestMethod]
    public void SecondLibtorch_ChosenFolderBesideTheApplications_NamesBothAndTheWayOut()
    {
        using var folder = new TemporaryFolder();
        var (chosen, own) = (Libtorch(folder, "chosen"), Libtorch(folder, "own"));
        var message = TorchRuntime.SecondLibtorch([chosen, own], chosen + Path.DirectorySeparatorChar);
        StringAssert.Contains(message, chosen);
        StringAssert.Contains(message, own);
        StringAssert.Contains(message, "ZSMLC_LIBTORCH");
    }

    [TestMethod]
    public void SecondLibtorch_OneLibtorchOrNoChoice_HasNothingToSay()
    {
        using var folder = new TemporaryFolder();
        var (chosen, own, empty) = (Libtorch(folder, "chosen"), Libtorch(folder, "own"), Path.Combine(folder.Path, "empty"));
        Assert.IsNull(TorchRuntime.SecondLibtorch([chosen, empty], chosen));
        Assert.IsNull(TorchRuntime.SecondLibtorch([empty, own], empty));
        Assert.IsNull(TorchRuntime.SecondLibtorch([chosen, own], ""));
    }

    private static string Libtorch(TemporaryFolder folder, string name)
    {
        var path = Directory.CreateDirectory(Path.Combine(folder.Path, name)).FullName;
        File.WriteAllText(Path.Combine(path, "libtorch_cpu.so"), "");
        return path;
    }
}
