using System.IO.Compression;
using System.Xml.Linq;

namespace ZsMlc.Packaging.Tests;

/// <summary>The packages as a user gets them: what is in them, and a program in a folder of its own that restores and runs them.</summary>
[TestClass]
public sealed class PackageTests
{
    private static readonly string[] s_names = ["ZsMlc.Torch", "ZsMlc.MLNet", "ZsMlc.MicroModels"];
    private static readonly string s_version = $"{Repository.Version}-test.{Guid.NewGuid():n}";
    private static string s_folder = null!;

    private static string Packages => Path.Combine(s_folder, "packages");

    [ClassInitialize]
    public static void Pack(TestContext context)
    {
        s_folder = Directory.CreateTempSubdirectory("zsmlc-packages-").FullName;
        s_names.ToList().ForEach(name => Pack(name, Packages));
    }

    [ClassCleanup]
    public static void Clean() => Directory.Delete(s_folder, recursive: true);

    [TestMethod]
    [DataRow("ZsMlc.Torch", "TorchSharp")]
    [DataRow("ZsMlc.MLNet", "ZsMlc.Torch")]
    [DataRow("ZsMlc.MicroModels", "ZsMlc.MLNet")]
    public void Package_Contents_AreLibraryDocumentationLicenceAndSymbols(string name, string dependency)
    {
        using var package = ZipFile.OpenRead(Path.Combine(Packages, $"{name}.{s_version}.nupkg"));
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

        using var symbols = ZipFile.OpenRead(Path.Combine(Packages, $"{name}.{s_version}.snupkg"));
        Assert.IsNotNull(symbols.GetEntry($"lib/net10.0/{name}.pdb"));
    }

    [TestMethod]
    public void Pack_AnotherTime_GivesTheSameBytes()
    {
        var again = Path.Combine(s_folder, "again");
        Pack("ZsMlc.MLNet", again);
        foreach (var file in Directory.GetFiles(again))
        {
            CollectionAssert.AreEqual(File.ReadAllBytes(Path.Combine(Packages, Path.GetFileName(file))), File.ReadAllBytes(file), file);
        }

        Assert.HasCount(2, Directory.GetFiles(again));
    }

    [TestMethod]
    public void Assemblies_Paths_DoNotTellWhereTheyWereBuilt()
    {
        foreach (var name in s_names)
        {
            using var package = ZipFile.OpenRead(Path.Combine(Packages, $"{name}.{s_version}.nupkg"));
            using var stream = package.GetEntry($"lib/net10.0/{name}.dll")!.Open();
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            Assert.IsTrue(copy.ToArray().AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(Repository.Root)) < 0, name);
        }
    }

    [TestMethod]
    public void ScratchProject_OutsideTheRepository_RestoresAndRunsThePackages()
    {
        var project = Directory.CreateDirectory(Path.Combine(s_folder, "scratch")).FullName;
        foreach (var name in new[] { "Scratch.csproj", "Program.cs" })
        {
            using var source = typeof(PackageTests).Assembly.GetManifestResourceStream(name)!;
            using var target = File.Create(Path.Combine(project, name));
            source.CopyTo(target);
        }

        // The packages under test go to a folder of their own; the half gigabyte that is restored already is not copied.
        Repository.Run(project, "dotnet", "build", "-c", "Release", "-v", "quiet", $"-p:PackagesUnderTest={s_version}", $"-p:RestoreAdditionalProjectSources={Packages}",
            $"-p:RestorePackagesPath={Path.Combine(s_folder, "restored")}", $"-p:RestoreFallbackFolders={Repository.PackageFolder}");
        CollectionAssert.IsSubsetOf(s_names.Select(n => n.ToLowerInvariant()).ToArray(), Directory.GetDirectories(Path.Combine(s_folder, "restored")).Select(Path.GetFileName).ToArray());

        var output = Repository.Run(project, new Dictionary<string, string> { ["ZSMLC_CACHE"] = Path.Combine(s_folder, "cache") }, "dotnet", Path.Combine(project, "bin", "Release", "net10.0", "Scratch.dll"));

        Assert.Contains("torch 3", output);
        Assert.Contains("scored 16 pictures of ", output);
        Assert.Contains(" labels, alike after loading", output);
        Assert.Contains("16 rows evaluated", output);
        Assert.Contains("painted 32x32", output);
    }

    private static void Pack(string name, string folder) => Repository.Run(Repository.Root, "dotnet", "pack", Path.Combine("src", name), "--no-build", "-c", Repository.Configuration,
        "-o", folder, $"-p:PackageVersion={s_version}", "-v", "quiet");
}
