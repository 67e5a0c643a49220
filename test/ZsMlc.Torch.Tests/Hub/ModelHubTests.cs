using System.Formats.Tar;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Hub;

namespace ZsMlc.Torch.Tests.Hub;

[TestClass]
public sealed class ModelHubTests
{
    private const string Commit = HubServer.Commit;

    [TestMethod]
    [DataRow("example/tiny-sd", true)]
    [DataRow("example/tiny-sd@main", false)]
    [DataRow("example/tiny-sd@" + Commit, true)]
    public void Resolve_CacheOfTheHubsOwnClient_IsTheSnapshot(string name, bool links)
    {
        using var folder = new TemporaryFolder();
        var cache = Unpack(folder, links);
        Assert.AreEqual(Snapshot(folder, Commit), ModelHub.Resolve(name, cache));
    }

    [TestMethod]
    public void Resolve_NameThatIsNotThere_SaysTheCommandThatGetsIt()
    {
        using var folder = new TemporaryFolder();
        var e = Assert.ThrowsExactly<FileNotFoundException>(() => ModelHub.Resolve("example/nope@v3", Unpack(folder)));
        StringAssert.Contains(e.Message, $"the hub's cache {folder.Path} has no model of that name");
        StringAssert.Contains(e.Message, "'hf download example/nope --revision v3'");
        StringAssert.Contains(e.Message, "ResolveAsync(\"example/nope@v3\", allowDownload: true)");
        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => ModelHub.Resolve("example/tiny-sd@v3", new() { CacheFolder = folder.Path })).Message, "not the revision 'v3'");
    }

    [TestMethod]
    [DataRow("snapshots/" + Commit + "/unet/config.json")]
    [DataRow("blobs/0187f3b09d66cef7911083ad49f890f5a6589589", DisplayName = "a link without its blob")]
    public void Resolve_IncompleteSnapshot_NamesTheMissingFiles(string deleted)
    {
        using var folder = new TemporaryFolder();
        var cache = Unpack(folder);
        File.Delete(folder[$"models--example--tiny-sd/{deleted}"]);
        var e = Assert.ThrowsExactly<FileNotFoundException>(() => ModelHub.Resolve("example/tiny-sd", cache));
        StringAssert.Contains(e.Message, "incomplete: it lacks unet/config.json.");
        StringAssert.Contains(e.Message, "'hf download example/tiny-sd unet/config.json'");
    }

    [TestMethod]
    public void Resolve_SnapshotOfAFewFilesWithoutAList_SaysWhatItHolds()
    {
        using var folder = new TemporaryFolder();
        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => ModelHub.Resolve("example/tiny-sd@v2", Unpack(folder))).Message, "holds no model that can be read, only unet/config.json");
    }

    [TestMethod]
    [DataRow("/no/such/model")]
    [DataRow("./example/tiny-sd")]
    [DataRow("C:\\models\\clip")]
    [DataRow("models")]
    [DataRow("a/b/c")]
    [DataRow("org/..name")]
    [DataRow("org/name@../../x")]
    public void Resolve_WhatCanBeNoName_IsThePath(string path)
    {
        using var folder = new TemporaryFolder();
        Assert.AreEqual(path, ModelHub.Resolve(path, Unpack(folder)));
    }

    [TestMethod]
    public void Resolve_FolderOfThatName_ComesBeforeTheCache()
    {
        using var folder = new TemporaryFolder();
        var (cache, before) = (Unpack(folder), Directory.GetCurrentDirectory());
        try
        {
            Directory.SetCurrentDirectory(folder.Path);
            Directory.CreateDirectory("example/tiny-sd");
            Assert.AreEqual("example/tiny-sd", ModelHub.Resolve("example/tiny-sd", cache));
        }
        finally
        {
            Directory.SetCurrentDirectory(before);
        }
    }

    [TestMethod]
    public void FromPretrained_CachedName_LoadsAsFromTheFolder()
    {
        using var folder = new TemporaryFolder();
        var before = Environment.GetEnvironmentVariable("HF_HUB_CACHE");
        try
        {
            Environment.SetEnvironmentVariable("HF_HUB_CACHE", folder.Path);
            Directory.CreateDirectory(folder["models--example--sd/snapshots"]);
            Directory.CreateSymbolicLink(folder[$"models--example--sd/snapshots/{Commit}"], Golden.PathOf("newest", "sd_sharded"));
            using (var pipeline = StableDiffusionPipeline.FromPretrained($"example/sd@{Commit}"))
            {
                using var direct = StableDiffusionPipeline.FromPretrained(Golden.PathOf("newest", "sd_sharded"));
                Assert.AreEqual(direct.NativeSize, pipeline.NativeSize);
            }

            Directory.CreateDirectory(folder["models--example--clip/refs"]);
            File.WriteAllText(folder["models--example--clip/refs/main"], Commit);
            var snapshot = folder[$"models--example--clip/snapshots/{Commit}"];
            using (var clip = new ClipModel(new(8, ClipVisionConfig.ViT(32, 64, 16, 1), new(12, 49408, 64, 1, 1))))
            {
                clip.Save(snapshot, layout: ClipFolderLayout.HuggingFace);
            }

            using var model = ClipModel.FromPretrained("example/clip");
            Assert.AreEqual(8, model.Config.EmbedDim);
            Assert.AreEqual(CheckpointFingerprint.Compute(snapshot), CheckpointFingerprint.Compute("example/clip"));
            using var weights = Checkpoint.Open("example/clip");
            Assert.IsNotEmpty(weights.Names);
        }
        finally
        {
            Environment.SetEnvironmentVariable("HF_HUB_CACHE", before);
        }
    }

    private static string Snapshot(TemporaryFolder folder, string commit) => folder[$"models--example--tiny-sd/snapshots/{commit}"];

    private static ModelHubOptions Unpack(TemporaryFolder folder, bool links = true)
    {
        TarFile.ExtractToDirectory(Golden.PathOf("hub", "cache.tar"), folder.Path, overwriteFiles: true);
        if (!links)
        {
            foreach (var link in Directory.EnumerateFiles(folder[Path.Combine("models--example--tiny-sd", "snapshots")], "*", SearchOption.AllDirectories).ToList())
            {
                var bytes = File.ReadAllBytes(link);
                File.Delete(link);
                File.WriteAllBytes(link, bytes);
            }

            Directory.Delete(folder["models--example--tiny-sd/blobs"], recursive: true);
        }

        return new() { CacheFolder = folder.Path };
    }
}
