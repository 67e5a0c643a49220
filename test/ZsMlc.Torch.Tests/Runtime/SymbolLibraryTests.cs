using System.Runtime.InteropServices;
using ZsMlc.Torch.Runtime;

namespace ZsMlc.Torch.Tests.Runtime;

[TestClass]
[OSCondition(OperatingSystems.Linux)]
public sealed unsafe class SymbolLibraryTests
{
    private const string Needed = "libc.so.6";

    [TestMethod]
    public void Load_OneFunction_ReplacesThatOneOfTheNeededLibrary()
    {
        using var folder = new TemporaryFolder();
        var ours = (nint)(delegate* unmanaged<int, int>)&Negative;

        var library = SymbolLibrary.Load(Needed, "abs", ours, folder.Path);

        Assert.AreEqual(ours, NativeLookup.Function(library, "abs"));
        Assert.AreEqual(-3, ((delegate* unmanaged<int, int>)NativeLookup.Function(library, "abs"))(3));
        Assert.AreEqual(NativeLookup.Function(NativeLookup.Library(Needed), "labs"), NativeLookup.Function(library, "labs"));
        Assert.AreEqual(0, NativeLookup.Function(library, "no_such_function"));
        Assert.IsEmpty(Directory.GetFiles(folder.Path));
    }

    [TestMethod]
    public void Load_FolderThatIsNotThere_IsNoLibrary() => Assert.AreEqual(0, SymbolLibrary.Load(Needed, "abs", (nint)(delegate* unmanaged<int, int>)&Negative, "/nowhere/at/all"));

    [UnmanagedCallersOnly]
    private static int Negative(int value) => -Math.Abs(value);
}
