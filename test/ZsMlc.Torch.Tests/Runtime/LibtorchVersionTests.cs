using System.Runtime.InteropServices;
using ZsMlc.Torch.Runtime;

namespace ZsMlc.Torch.Tests.Runtime;

[TestClass]
public sealed class LibtorchVersionTests
{
    [TestMethod]
    [DataRow("version.py", "from typing import Optional\n\n__all__ = ['__version__']\n__version__ = '2.13.0+cpu'\ndebug = False\n", "2.13.0+cpu")]
    [DataRow("version.py", "__version__ = \"3.0.0\"\n", "3.0.0")]
    [DataRow("build-version", "2.9.1+cu128\n", "2.9.1+cu128")]
    public void Problem_OtherVersion_NamesItItsFileAndTheUsable(string name, string text, string found)
    {
        using var folder = new TemporaryFolder();
        var message = LibtorchVersion.Problem(Library(folder, name, text));
        StringAssert.Contains(message, $"libtorch {found}");
        StringAssert.Contains(message, folder[name]);
        StringAssert.Contains(message, "2.10, 2.11 and 2.12");
    }

    [TestMethod]
    [DataRow("version.py", "__version__ = '2.10.0+cpu'\n")]
    [DataRow("version.py", "__version__ = '2.11.0+cu130'\n")]
    [DataRow("build-version", "2.12.1\n")]
    [DataRow("version.py", "nothing of the kind")]
    [DataRow("other.txt", "2.13")]
    public void Problem_UsableOrUnknownVersion_IsNone(string name, string text)
    {
        using var folder = new TemporaryFolder();
        Assert.IsNull(LibtorchVersion.Problem(Library(folder, name, text)));
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void Problem_LoadedLibrary_IsAskedItself()
    {
        var stranger = NativeLibrary.Load("libm.so.6");
        StringAssert.Contains(LibtorchVersion.Problem("/some/libtorch_cpu.so", stranger), "deleteNode");
        var own = TorchRuntime.SearchFolders().Select(f => Path.Combine(f, "libtorch_cpu.so")).First(File.Exists);
        Assert.IsNull(LibtorchVersion.Problem(own, NativeLibrary.Load(own)));
        var version = LibtorchVersion.Of(NativeLibrary.Load(own));
        Assert.IsTrue(version >= new Version(2, 10) && version < new Version(2, 13), $"{version}");
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void LoadOnLinux_OtherVersion_IsRefusedBeforeAnythingIsLoaded()
    {
        using var folder = new TemporaryFolder();
        var library = Library(folder, "version.py", "__version__ = '2.13.0+cpu'\n");
        File.WriteAllText(library, "no library at all");
        File.WriteAllText(Path.Combine(Path.GetDirectoryName(library)!, "libLibTorchSharp.so"), "nor this");
        StringAssert.Contains(TorchRuntime.LoadOnLinux([Path.GetDirectoryName(library)!]), "2.13.0+cpu");
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void LoadOnLinux_CudaPartThatDoesNotLoad_IsToldAndTheCpuServes()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["libtorch_cuda.so"], "no library at all");
        Assert.IsNull(TorchRuntime.LoadOnLinux([folder.Path, .. TorchRuntime.SearchFolders()]));
        StringAssert.Contains(TorchRuntime.CudaFailure, folder["libtorch_cuda.so"]);

        Assert.IsNull(TorchRuntime.LoadOnLinux(TorchRuntime.SearchFolders()));
        Assert.IsNull(TorchRuntime.CudaFailure);
    }

    private static string Library(TemporaryFolder folder, string name, string text)
    {
        File.WriteAllText(folder[name], text);
        return Path.Combine(Directory.CreateDirectory(folder["lib"]).FullName, "libtorch_cpu.so");
    }
}
