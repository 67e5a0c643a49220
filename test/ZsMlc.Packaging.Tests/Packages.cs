namespace ZsMlc.Packaging.Tests;

/// <summary>The packages of this build, packed once for all tests, and projects of users that restore them.</summary>
[TestClass]
public static class Packages
{
    private static string s_root = null!;

    /// <summary>The ids, every one of which uses the ones before it.</summary>
    public static IReadOnlyList<string> Names { get; } = ["ZsMlc.Torch", "ZsMlc.MLNet", "ZsMlc.MicroModels"];

    /// <summary>Their version: one that no cache has.</summary>
    public static string Version { get; } = $"{Repository.Version}-test.{Guid.NewGuid():n}";

    /// <summary>Where they are.</summary>
    public static string Folder => Path.Combine(s_root, "packages");

    /// <summary>The file of a package.</summary>
    public static string PathOf(string name) => Path.Combine(Folder, $"{name}.{Version}.nupkg");

    /// <summary>Where the users' projects restored them to: at first an empty package cache.</summary>
    public static string Restored => Path.Combine(s_root, "restored");

    [AssemblyInitialize]
    public static void PackAll(TestContext context)
    {
        s_root = Directory.CreateTempSubdirectory("zsmlc-packages-").FullName;
        foreach (var name in Names)
        {
            Pack(name, Folder);
        }
    }

    [AssemblyCleanup]
    public static void Clean() => Directory.Delete(s_root, recursive: true);

    /// <summary>Packs one library as it was built.</summary>
    public static void Pack(string name, string folder, params string[] options) => Repository.Run(Repository.Root, "dotnet",
        ["pack", Path.Combine("src", name), "--no-build", "-c", Repository.Configuration, "-o", folder, $"-p:PackageVersion={Version}", "-v", "quiet", .. options]);

    /// <summary>A new folder outside the repository.</summary>
    public static string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(s_root, name)).FullName;

    /// <summary>Copies users' projects out of the repository.</summary>
    /// <returns>Their folder.</returns>
    public static string CopyOf(string userProjects)
    {
        var source = Path.Combine(Repository.Root, "test", "ZsMlc.Packaging.Tests", "UserProjects", userProjects);
        var target = NewFolder(userProjects);
        foreach (var file in Directory.GetFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return target;
    }

    /// <summary>Runs a command of dotnet's that builds a user's project. The packages under test are restored to a folder of their own; the half gigabyte that is restored already is not copied.</summary>
    public static string Build(string folder, params string[] command) => Repository.Run(folder, "dotnet", [.. command, "-c", "Release", "-v", "quiet", $"-p:PackagesUnderTest={Version}",
        $"-p:RestoreAdditionalProjectSources={Folder}", $"-p:RestorePackagesPath={Restored}", $"-p:RestoreFallbackFolders={Repository.PackageFolder}"]);
}
