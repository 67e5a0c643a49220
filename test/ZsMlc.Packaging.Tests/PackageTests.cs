using System.IO.Compression;
using System.Xml.Linq;

namespace ZsMlc.Packaging.Tests;

/// <summary>What is in the packages.</summary>
[TestClass]
public sealed class PackageTests
{
    [TestMethod]
    [DataRow("ZsMlc.Torch", "TorchSharp")]
    [DataRow("ZsMlc.MLNet", "ZsMlc.Torch")]
    [DataRow("ZsMlc.MicroModels", "ZsMlc.MLNet")]
    public void Package_Contents_AreLibraryDocumentationLicenceAndSymbols(string name, string dependency)
    {
        using var package = ZipFile.OpenRead(Path.Combine(Packages.Folder, $"{name}.{Packages.Version}.nupkg"));
        var files = package.Entries.Select(e => e.FullName).ToList();
        CollectionAssert.IsSubsetOf(new[] { $"lib/net10.0/{name}.dll", $"lib/net10.0/{name}.xml", "README.md" }, files);
        Assert.IsFalse(files.Any(f => f.EndsWith(".so", StringComparison.Ordinal)), "The native libtorch is the application's choice.");

        using var stream = package.GetEntry($"{name}.nuspec")!.Open();
        var metadata = XDocument.Load(stream).Descendants().ToList();
        string? Value(string element) => metadata.FirstOrDefault(e => e.Name.LocalName == element)?.Value;
        Assert.AreEqual("MIT", Value("license"));
        Assert.AreEqual("README.md", Value("readme"));
        Assert.IsFalse(string.IsNullOrWhiteSpace(Value("description")));
        Assert.Contains(dependency, metadata.Where(e => e.Name.LocalName == "dependency").Select(e => e.Attribute("id")!.Value).ToList());

        using var symbols = ZipFile.OpenRead(Path.Combine(Packages.Folder, $"{name}.{Packages.Version}.snupkg"));
        Assert.IsNotNull(symbols.GetEntry($"lib/net10.0/{name}.pdb"));
    }

    [TestMethod]
    public void Pack_AnotherTime_GivesTheSameBytes()
    {
        var again = Packages.NewFolder("again");
        Packages.Pack("ZsMlc.MLNet", again);
        foreach (var file in Directory.GetFiles(again))
        {
            CollectionAssert.AreEqual(File.ReadAllBytes(Path.Combine(Packages.Folder, Path.GetFileName(file))), File.ReadAllBytes(file), file);
        }

        Assert.HasCount(2, Directory.GetFiles(again));
    }

    [TestMethod]
    public void Assemblies_Paths_DoNotTellWhereTheyWereBuilt()
    {
        foreach (var name in Packages.Names)
        {
            using var package = ZipFile.OpenRead(Path.Combine(Packages.Folder, $"{name}.{Packages.Version}.nupkg"));
            using var stream = package.GetEntry($"lib/net10.0/{name}.dll")!.Open();
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            Assert.IsTrue(copy.ToArray().AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(Repository.Root)) < 0, name);
        }
    }
}
