using ZsMlc.Torch.Runtime;

namespace ZsMlc.Torch.Tests.Runtime;

[TestClass]
public sealed class LibTorchSharpPatchTests
{
    private static string Library => TorchRuntime.SearchFolders().Select(f => Path.Combine(f, "libLibTorchSharp.so")).First(File.Exists);

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void Apply_ShippedLibrary_AsksNoLongerForTheNewVersion()
    {
        var image = File.ReadAllBytes(Library);
        CollectionAssert.Contains(Versions(image), LibTorchSharpPatch.NewVersion, "The shipped library no longer needs the patch: delete it.");
        LibTorchSharpPatch.Apply(image);
        CollectionAssert.DoesNotContain(Versions(image), LibTorchSharpPatch.NewVersion);
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void PatchedCopy_DamagedCopyInTheCache_IsReplaced()
    {
        var root = Directory.CreateTempSubdirectory("zsmlc-test").FullName;
        try
        {
            var copy = LibTorchSharpPatch.PatchedCopy(Library, [root]);
            var good = File.ReadAllBytes(copy);
            File.WriteAllBytes(copy, good[..100]);
            Assert.AreEqual(copy, LibTorchSharpPatch.PatchedCopy(Library, [root]));
            CollectionAssert.AreEqual(good, File.ReadAllBytes(copy));
            Assert.HasCount(1, Directory.GetFiles(Path.GetDirectoryName(copy)!));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [TestMethod]
    public void Apply_OtherFile_SaysWhatItIsNot() =>
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => LibTorchSharpPatch.Apply(new byte[100])).Message, "ELF");

    private static List<string> Versions(byte[] image) => new ElfImage(image).NeededVersions().Select(v => v.Name).ToList();
}
