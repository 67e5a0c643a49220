namespace ZsMlc.Packaging.Tests;

[TestClass]
public sealed class PublishedSampleTests
{
    [TestMethod]
    public void Publish_ZeroShotCoco_HasTheFilesForClusters()
    {
        // What `dotnet publish` copies, without copying half a gigabyte.
        var files = Repository.Run(
            Repository.Root, "dotnet", "msbuild", "samples/ZeroShotCoco", "-t:ComputeResolvedFilesToPublishList", "-getItem:ResolvedFileToPublish",
            $"-p:Configuration={Repository.Configuration}", "-p:BuildProjectReferences=false");

        foreach (var file in new[] { "cluster/generate.slurm", "cluster/generate.yaml", "labels-48-17.json" })
        {
            Assert.Contains($"\"RelativePath\": \"{file}\"", files);
        }
    }
}
