using System.IO.Compression;
using System.Reflection.Metadata;
using System.Text;
using System.Text.RegularExpressions;
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
        using var package = ZipFile.OpenRead(Packages.PathOf(name));
        var files = package.Entries.Select(e => e.FullName).ToList();
        CollectionAssert.IsSubsetOf(new[] { $"lib/net10.0/{name}.dll", $"lib/net10.0/{name}.xml", "README.md", "icon.png" }, files);
        Assert.IsFalse(files.Any(f => f.EndsWith(".so", StringComparison.Ordinal)), "The native libtorch is the application's choice.");

        using var stream = package.GetEntry($"{name}.nuspec")!.Open();
        var metadata = XDocument.Load(stream).Descendants().ToList();
        string? Value(string element) => metadata.FirstOrDefault(e => e.Name.LocalName == element)?.Value;
        Assert.AreEqual("MIT", Value("license"));
        Assert.AreEqual("README.md", Value("readme"));
        Assert.AreEqual("icon.png", Value("icon"));
        Assert.StartsWith("Copyright ©", Value("copyright")!);
        Assert.StartsWith("https://", Value("projectUrl")!);
        Assert.StartsWith($"## [{Repository.Version.Replace("-dev", "")}] - ", Value("releaseNotes")!);
        Assert.Contains(Value("releaseNotes")![..200], File.ReadAllText(Path.Combine(Repository.Root, "CHANGELOG.md")).ReplaceLineEndings(Value("releaseNotes")!.Contains('\r') ? "\r\n" : "\n"));
        if (Directory.Exists(Path.Combine(Repository.Root, ".git")))
        {
            Assert.AreEqual(40, metadata.Single(e => e.Name.LocalName == "repository").Attribute("commit")!.Value.Length);
        }

        Assert.IsFalse(string.IsNullOrWhiteSpace(Value("description")));
        Assert.Contains(dependency, metadata.Where(e => e.Name.LocalName == "dependency").Select(e => e.Attribute("id")!.Value).ToList());

        using var symbols = ZipFile.OpenRead(Path.Combine(Packages.Folder, $"{name}.{Packages.Version}.snupkg"));
        Assert.IsNotNull(symbols.GetEntry($"lib/net10.0/{name}.pdb"));
    }

    [TestMethod]
    public void Icon_Png_Is128PixelsSquare()
    {
        var (width, height) = (16, 20);
        CollectionAssert.AreEqual(new byte[] { 0, 0, 0, 128, 0, 0, 0, 128 }, Entry(Packages.PathOf("ZsMlc.MLNet"), "icon.png")[width..(height + 4)]);
    }

    [TestMethod]
    [DataRow("ZsMlc.Torch")]
    [DataRow("ZsMlc.MLNet")]
    [DataRow("ZsMlc.MicroModels")]
    public void Readme_Links_AreAbsolute(string name)
    {
        var readme = Readme(Packages.PathOf(name));

        Assert.StartsWith($"# {name}", readme);
        Assert.DoesNotContain("{r", readme);
        Assert.IsNotEmpty(Links(readme));
        Assert.IsEmpty(Links(readme).Where(link => !link.StartsWith("https://", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Readme_OfACloneWithARemote_ShowsPicturesAndLinksOfIt()
    {
        var folder = Packages.NewFolder("with-remote");
        Packages.Pack("ZsMlc.MLNet", folder, "-p:PrivateRepositoryUrl=https://github.com/owner/name.git");

        var links = Links(Readme(Directory.GetFiles(folder, "*.nupkg").Single())).ToList();

        Assert.Contains("https://github.com/owner/name", links);
        var pictures = links.Where(link => link.StartsWith("https://raw.githubusercontent.com/owner/name/HEAD/", StringComparison.Ordinal)).ToList();
        Assert.IsNotEmpty(pictures);
        Assert.IsTrue(pictures.All(link => File.Exists(Path.Combine(Repository.Root, link.Split("/HEAD/")[1]))));
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
    [DataRow("ZsMlc.Torch")]
    [DataRow("ZsMlc.MLNet")]
    [DataRow("ZsMlc.MicroModels")]
    public void Paths_OfAssemblyAndSymbols_DoNotTellWhereTheyWereBuilt(string name)
    {
        var (assembly, symbols) = (Entry(Packages.PathOf(name), $"lib/net10.0/{name}.dll"), Entry(Path.ChangeExtension(Packages.PathOf(name), ".snupkg"), $"lib/net10.0/{name}.pdb"));
        foreach (var file in new[] { assembly, symbols })
        {
            Assert.IsLessThan(0, file.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Path.TrimEndingDirectorySeparator(Repository.Root))));
        }

        using var provider = MetadataReaderProvider.FromPortablePdbImage([.. symbols]);
        var reader = provider.GetMetadataReader();
        var sources = reader.Documents.Select(d => reader.GetString(reader.GetDocument(d).Name)).ToList();
        Assert.IsNotEmpty(sources.Where(path => path.StartsWith($"/_/src/{name}/", StringComparison.Ordinal)));
        Assert.IsEmpty(sources.Where(path => !path.StartsWith("/_", StringComparison.Ordinal)), string.Join(", ", sources.Where(path => !path.StartsWith("/_", StringComparison.Ordinal))));
    }

    private static IEnumerable<string> Links(string markdown) => Regex.Matches(markdown, @"\]\(([^)]*)\)").Select(m => m.Groups[1].Value);

    private static string Readme(string file) => Encoding.UTF8.GetString(Entry(file, "README.md"));

    private static byte[] Entry(string file, string entry)
    {
        using var package = ZipFile.OpenRead(file);
        using var stream = package.GetEntry(entry)!.Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
