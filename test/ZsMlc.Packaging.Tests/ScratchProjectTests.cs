namespace ZsMlc.Packaging.Tests;

/// <summary>A program in a folder of its own that restores the packages and goes through the method with them.</summary>
[TestClass]
public sealed class ScratchProjectTests
{
    [TestMethod]
    public void ScratchProject_OutsideTheRepository_RestoresAndRunsThePackages()
    {
        var project = Packages.CopyOf("Scratch");
        Packages.Build(project, "build");
        CollectionAssert.IsSubsetOf(Packages.Names.Select(n => n.ToLowerInvariant()).ToArray(), Directory.GetDirectories(Packages.Restored).Select(Path.GetFileName).ToArray());

        var output = Repository.Run(project, new Dictionary<string, string> { ["ZSMLC_CACHE"] = Packages.NewFolder("cache") }, "dotnet", Path.Combine(project, "bin", "Release", "net10.0", "Scratch.dll"));

        Assert.Contains("torch 3", output);
        Assert.Contains("scored 16 pictures of ", output);
        Assert.Contains(" labels, alike after loading", output);
        Assert.Contains("16 rows evaluated", output);
        Assert.Contains("painted 32x32", output);
    }
}
