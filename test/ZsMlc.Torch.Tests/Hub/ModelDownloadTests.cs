using System.Formats.Tar;
using ZsMlc.Torch.Hub;

namespace ZsMlc.Torch.Tests.Hub;

[TestClass]
public sealed class ModelDownloadTests
{
    private const string Weights = "unet/diffusion_pytorch_model.safetensors";

    [TestMethod]
    public async Task ResolveAsync_Allowed_LeavesWhatTheHubsOwnClientLeaves()
    {
        using var folder = new TemporaryFolder();
        using var recorded = new TemporaryFolder();
        TarFile.ExtractToDirectory(Golden.PathOf("hub", "cache.tar"), recorded.Path, overwriteFiles: true);
        using var server = new HubServer(RecordedModel.Files());
        var progress = new Progress();

        var path = await ModelHub.ResolveAsync(HubServer.Model, allowDownload: true, Options(folder, server), progress);

        // The recorded session also asked for a file of another revision, and for one that does not exist.
        var expected = Entries(recorded.Path).Where(e => !e.Contains("2222", StringComparison.Ordinal) && !e.Contains("refs/v2", StringComparison.Ordinal) && !e.Contains(".no_exist", StringComparison.Ordinal));
        CollectionAssert.AreEqual(expected.ToList(), Entries(folder.Path).ToList());
        Assert.AreEqual(path, ModelHub.Resolve(HubServer.Model, Options(folder, server)));
        Assert.AreEqual(new ModelDownloadProgress(Weights, 4484, 4484), progress.Last);
        Assert.IsTrue(File.Exists(folder["CACHEDIR.TAG"]));
        Assert.IsFalse(server.Requests.Any(r => r.Path.EndsWith(".bin", StringComparison.Ordinal)), "a pickle was asked for");
    }

    [TestMethod]
    public async Task ResolveAsync_Token_GoesToTheHubAlone()
    {
        using var folder = new TemporaryFolder();
        using var server = new HubServer(RecordedModel.Files());
        await ModelHub.ResolveAsync(HubServer.Model, allowDownload: true, Options(folder, server));
        Assert.IsTrue(server.Requests.Any(r => r.IsStore));
        Assert.IsTrue(server.Requests.All(r => r.IsStore ? !r.Headers.ContainsKey("Authorization") : r.Headers["Authorization"] == "Bearer secret"));
    }

    [TestMethod]
    public async Task ResolveAsync_NotAllowedOrOfflineOrCached_AsksNothing()
    {
        using var folder = new TemporaryFolder();
        using var server = new HubServer(RecordedModel.Files());
        await Assert.ThrowsExactlyAsync<FileNotFoundException>(() => ModelHub.ResolveAsync(HubServer.Model, options: Options(folder, server)));
        var offline = new ModelHubOptions { CacheFolder = folder.Path, Endpoint = server.Endpoint, Offline = true };
        StringAssert.Contains((await Assert.ThrowsExactlyAsync<ModelHubException>(() => ModelHub.ResolveAsync(HubServer.Model, true, offline))).Message, "HF_HUB_OFFLINE");
        Assert.IsEmpty(server.Requests);

        await ModelHub.ResolveAsync(HubServer.Model, allowDownload: true, Options(folder, server));
        var asked = server.Requests.Count;
        await ModelHub.ResolveAsync(HubServer.Model, allowDownload: true, Options(folder, server));
        Assert.HasCount(asked, server.Requests);
    }

    [TestMethod]
    public async Task ResolveAsync_BrokenAndHalfFetched_GoesOnByRange()
    {
        using var folder = new TemporaryFolder();
        var files = RecordedModel.Files();
        using var server = new HubServer(files);
        Seed(folder, files[Weights], 1200);
        server.Fault = r => r is { IsStore: true, From: 1200 } ? new(206, files[Weights][1200..]) { Headers = [("Content-Range", "bytes 1200-2999/3000")], Sent = 1000 } : null;

        var path = await ModelHub.ResolveAsync(HubServer.Model, allowDownload: true, Options(folder, server));

        CollectionAssert.AreEqual(new[] { "bytes=1200-", "bytes=2200-" }, server.Requests.Where(r => r.IsStore).Select(r => r.Range).ToArray());
        CollectionAssert.AreEqual(files[Weights], File.ReadAllBytes(Path.Combine(path, Weights)));
    }

    [TestMethod]
    [DataRow(200, DisplayName = "a server without ranges")]
    [DataRow(416, DisplayName = "a server that refuses the range once")]
    public async Task ResolveAsync_RangeIsNotServed_StartsAgain(int status)
    {
        using var folder = new TemporaryFolder();
        var files = RecordedModel.Files();
        using var server = new HubServer(files);
        Seed(folder, files[Weights], 1200);
        server.Fault = r => r is { IsStore: true, From: not null } ? new(status, status == 200 ? files[Weights] : []) : null;
        var path = await ModelHub.ResolveAsync(HubServer.Model, allowDownload: true, Options(folder, server));
        CollectionAssert.AreEqual(files[Weights], File.ReadAllBytes(Path.Combine(path, Weights)));
    }

    [TestMethod]
    [DataRow(Weights)]
    [DataRow("unet/config.json")]
    public async Task ResolveAsync_OtherBytesThanAnnounced_LeavesNothingOfThem(string file)
    {
        using var folder = new TemporaryFolder();
        var files = RecordedModel.Files();
        using var server = new HubServer(files) { Fault = r => r.Method == "GET" && r.Path.EndsWith(file, StringComparison.Ordinal) && r.IsStore == (file == Weights) ? new(200, new byte[files[file].Length]) : null };

        var e = await Assert.ThrowsExactlyAsync<ModelHubException>(() => ModelHub.ResolveAsync(HubServer.Model, allowDownload: true, Options(folder, server)));

        StringAssert.Contains(e.Message, $"'{file}'");
        StringAssert.Contains(e.Message, file == Weights ? HubServer.Sha256(files[file]) : HubServer.GitHash(files[file]));
        Assert.IsEmpty(Directory.EnumerateFiles(folder.Path, "*.incomplete", SearchOption.AllDirectories).ToList());
        Assert.IsFalse(File.Exists(folder[$"models--example--tiny-sd/snapshots/{HubServer.Commit}/{file}"]));
        Assert.IsFalse(File.Exists(folder["models--example--tiny-sd/refs/main"]));
    }

    [TestMethod]
    [DataRow("example/nope", 404, "RepoNotFound", "has no model 'example/nope', or it is private")]
    [DataRow("example/tiny-sd@zzz", 404, "RevisionNotFound", "has no revision 'zzz'")]
    [DataRow("example/tiny-sd", 403, "GatedRepo", "accept its terms at")]
    [DataRow("example/tiny-sd", 401, null, "may not read it")]
    [DataRow("example/tiny-sd", 418, null, "answered 418")]
    public async Task PlanAsync_Refusal_SaysWhatItMeans(string name, int status, string? code, string expected)
    {
        using var folder = new TemporaryFolder();
        using var server = new HubServer(RecordedModel.Files());
        if (name == HubServer.Model)
        {
            server.Fault = _ => new(status, []) { Headers = code is null ? [] : [("X-Error-Code", code)] };
        }

        StringAssert.Contains((await Assert.ThrowsExactlyAsync<ModelHubException>(() => ModelHub.PlanAsync(name, Options(folder, server)))).Message, expected);
    }

    [TestMethod]
    public async Task PlanAsync_PagesFaultsAndARenamedModel_GivesFilesWithSizes()
    {
        using var folder = new TemporaryFolder();
        using var server = new HubServer(RecordedModel.Files()) { PageSize = 2 };
        var faults = new Queue<HubServer.Answer>([new(500, []), new(429, []) { Headers = [("Retry-After", "0")] }, new(307, []) { Headers = [("Location", $"/api/models/{HubServer.Model}/revision/main")] }]);
        server.Fault = _ => faults.TryDequeue(out var fault) ? fault : null;

        var plan = await ModelHub.PlanAsync(HubServer.Model, Options(folder, server));

        Assert.AreEqual(HubServer.Commit, plan.Commit);
        CollectionAssert.AreEqual(new[] { "model_index.json", "scheduler/scheduler_config.json", "unet/config.json", Weights }, plan.Files.Select(f => f.Path).ToArray());
        Assert.AreEqual(4484, plan.MissingBytes);
        Assert.IsEmpty(Directory.EnumerateFileSystemEntries(folder.Path).ToList());
    }

    [TestMethod]
    [DataRow(null, "config.json model.safetensors", "config.json flax_model.msgpack model.fp16.safetensors model.safetensors pytorch_model.bin README.md")]
    [DataRow("fp16", "config.json model.fp16.safetensors", "config.json model.fp16.safetensors model.safetensors")]
    [DataRow(null, "open_clip_config.json open_clip_model.safetensors tokenizer.json", "config.json model.safetensors open_clip_config.json open_clip_model.safetensors tokenizer.json")]
    [DataRow(null, "model_index.json unet/a.safetensors.index.json unet/a-00001-of-00002.safetensors unet/a-00002-of-00002.safetensors vae/a.safetensors",
        "model_index.json single.safetensors safety_checker/model.safetensors unet/a.safetensors.index.json unet/a-00001-of-00002.safetensors unet/a-00002-of-00002.safetensors unet/a.fp16.safetensors vae/a.safetensors vae/a.bin")]
    public async Task PlanAsync_ModelsOfSeveralForms_NeedsWhatIsRead(string? variant, string needed, string all)
    {
        using var folder = new TemporaryFolder();
        string[] Names(string list) => [.. list.Replace("/a", "/diffusion_pytorch_model", StringComparison.Ordinal).Split(' ')];
        using var server = new HubServer(Names(all).ToDictionary(n => n, _ => new byte[1]));
        var plan = await ModelHub.PlanAsync(HubServer.Model, new() { CacheFolder = folder.Path, Endpoint = server.Endpoint, Variant = variant });
        CollectionAssert.AreEquivalent(Names(needed), plan.Files.Select(f => f.Path).ToArray());
    }

    [TestMethod]
    public async Task PlanAsync_PicklesAlone_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using var server = new HubServer(new() { ["config.json"] = [1], ["pytorch_model.bin"] = [1] });
        StringAssert.Contains((await Assert.ThrowsExactlyAsync<ModelHubException>(() => ModelHub.PlanAsync(HubServer.Model, Options(folder, server)))).Message, "no weights in a form that is read here");
    }

    [TestMethod]
    public async Task ResolveAsync_Cancelled_KeepsWhatHasComeForTheNextTime()
    {
        using var folder = new TemporaryFolder();
        var files = RecordedModel.Files();
        files[Weights] = new byte[1 << 20];
        using var server = new HubServer(files);
        using var stop = new CancellationTokenSource();
        server.Fault = r =>
        {
            if (r is { IsStore: true, From: null })
            {
                stop.CancelAfter(100);
                return new(200, files[Weights]) { Sent = 5000 };
            }

            return r.IsStore && !stop.IsCancellationRequested ? new(503, []) : null;
        };
        await Assert.ThrowsAsync<OperationCanceledException>(() => ModelHub.ResolveAsync(HubServer.Model, true, Options(folder, server), cancellationToken: stop.Token));
        Assert.ThrowsExactly<FileNotFoundException>(() => ModelHub.Resolve(HubServer.Model, Options(folder, server)));

        await ModelHub.ResolveAsync(HubServer.Model, allowDownload: true, Options(folder, server));

        Assert.AreEqual("bytes=5000-", server.Requests.Last(r => r.IsStore).Range);
    }

    [TestMethod]
    public async Task ResolveAsync_SeveralAtOnce_FetchEachFileOnce()
    {
        using var folder = new TemporaryFolder();
        using var server = new HubServer(RecordedModel.Files());
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => ModelHub.ResolveAsync(HubServer.Model, allowDownload: true, Options(folder, server))));
        Assert.AreEqual(1, server.Requests.Count(r => r.IsStore));
    }

    [TestMethod]
    public async Task ResolveAsync_WithoutLinks_HasTheFilesThemselves()
    {
        using var folder = new TemporaryFolder();
        using var server = new HubServer(RecordedModel.Files());
        var path = await ModelHub.ResolveAsync(HubServer.Model, true, new() { CacheFolder = folder.Path, Endpoint = server.Endpoint, UseLinks = false });
        Assert.IsNull(new FileInfo(Path.Combine(path, Weights)).LinkTarget);
        CollectionAssert.AreEqual(RecordedModel.Files()[Weights], File.ReadAllBytes(Path.Combine(path, Weights)));
    }

    [TestMethod]
    public async Task ResolveAsync_MoreThanTheDiskHolds_IsRefusedBeforeAnyFile()
    {
        using var folder = new TemporaryFolder();
        var tree = $$"""[{"type":"file","path":"model.safetensors","size":{{1L << 60}},"oid":"{{HubServer.Commit}}"}]""";
        using var server = new HubServer([]) { Fault = r => r.Path.Contains("/tree/", StringComparison.Ordinal) ? new(200, System.Text.Encoding.UTF8.GetBytes(tree)) : null };
        StringAssert.Contains((await Assert.ThrowsExactlyAsync<IOException>(() => ModelHub.ResolveAsync(HubServer.Model, true, Options(folder, server)))).Message, "GB free. Make room");
        Assert.HasCount(2, server.Requests);
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public async Task ResolveAsync_DiskFillsUp_IsToldAndLeavesNoSnapshotFile()
    {
        using var folder = new TemporaryFolder();
        var files = RecordedModel.Files();
        using var server = new HubServer(files);
        Directory.CreateDirectory(folder["models--example--tiny-sd/blobs"]);
        File.CreateSymbolicLink(Incomplete(folder, files[Weights]), "/dev/full");
        StringAssert.Contains((await Assert.ThrowsExactlyAsync<IOException>(() => ModelHub.ResolveAsync(HubServer.Model, true, Options(folder, server)))).Message, "No space left");
        Assert.IsFalse(File.Exists(folder[$"models--example--tiny-sd/snapshots/{HubServer.Commit}/{Weights}"]));
    }

    private static string Incomplete(TemporaryFolder folder, byte[] file) => folder[$"models--example--tiny-sd/blobs/{HubServer.Sha256(file)}.incomplete"];

    /// <summary>What an earlier, interrupted download left.</summary>
    private static void Seed(TemporaryFolder folder, byte[] file, int length)
    {
        Directory.CreateDirectory(folder["models--example--tiny-sd/blobs"]);
        File.WriteAllBytes(Incomplete(folder, file), file[..length]);
    }

    private static ModelHubOptions Options(TemporaryFolder folder, HubServer server) => new() { CacheFolder = folder.Path, Endpoint = server.Endpoint, Token = "secret" };

    /// <summary>Everything in the model's folder: its links with their targets, its files with their contents.</summary>
    private static IEnumerable<string> Entries(string cache) => Directory.EnumerateFiles(Path.Combine(cache, "models--example--tiny-sd"), "*", SearchOption.AllDirectories)
        .Select(f => $"{Path.GetRelativePath(cache, f)} {new FileInfo(f).LinkTarget ?? HubServer.Sha256(File.ReadAllBytes(f))}").Order(StringComparer.Ordinal);

    private sealed class Progress : IProgress<ModelDownloadProgress>
    {
        public ModelDownloadProgress Last { get; private set; }

        public void Report(ModelDownloadProgress value) => Last = value;
    }
}
