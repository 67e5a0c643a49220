namespace ZsMlc.MLNet.SyntheticData.Store;

[TestClass]
public sealed class SyntheticStoreTests
{
    [TestMethod]
    public void Open_OtherOptions_IsRefusedByTheirNames()
    {
        using var folder = new TestFolder();
        SyntheticStore.Open(folder.Path, Identity(steps: 20, prompt: "blurry"), []).Dispose();
        var before = File.ReadAllBytes(folder["store.json"]);

        var e = Assert.ThrowsExactly<StoreMismatchException>(() => SyntheticStore.Open(folder.Path, Identity(steps: 30, prompt: null), []));

        Assert.AreEqual(folder.Path, e.Path);
        CollectionAssert.AreEqual(new[] { "Steps is 20 in the store and 30 now", "NegativePrompt is \"blurry\" in the store and none now" }, e.Differences.ToArray());
        StringAssert.Contains(e.Message, "Steps is 20 in the store and 30 now");
        StringAssert.Contains(e.Message, "StorePath");
        CollectionAssert.AreEqual(before, File.ReadAllBytes(folder["store.json"]));
        Assert.ThrowsExactly<StoreMismatchException>(() => SyntheticStore.OpenExisting(folder.Path, Identity(steps: 30, prompt: null), []));
    }

    [TestMethod]
    public void Open_OtherCandidatesOrMissingOption_IsRefused()
    {
        using var folder = new TestFolder();
        SyntheticStore.Open(folder.Path, Identity(20, null), ["cat"]).Dispose();

        Assert.ThrowsExactly<StoreMismatchException>(() => SyntheticStore.Open(folder.Path, Identity(20, null), ["dog"]));
        var e = Assert.ThrowsExactly<StoreMismatchException>(() => SyntheticStore.Open(folder.Path, new StoreIdentity().Add("Steps", 20).Add("Shape", "round"), ["cat"]));
        CollectionAssert.AreEqual(new[] { "Shape is not stated in the store and \"round\" now", "NegativePrompt is none in the store and not stated now" }, e.Differences.ToArray());
        SyntheticStore.Open(folder.Path, Identity(20, null), ["cat"]).Dispose();
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(40)]
    public void Open_DamagedIdentityAndFittingRecords_IsRestored(int length)
    {
        using var folder = new TestFolder();
        StoreJob.Run(folder.Path, new Painter(), new Shard(0, 3));
        var whole = File.ReadAllBytes(folder["store.json"]);
        File.WriteAllBytes(folder["store.json"], whole[..length]);

        StoreJob.Open(folder.Path).Dispose();

        CollectionAssert.AreEqual(whole, File.ReadAllBytes(folder["store.json"]));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Open_DamagedOrMissingIdentityAndOtherRecords_IsRefused(bool missing)
    {
        using var folder = new TestFolder();
        StoreJob.Run(folder.Path, new Painter(), new Shard(0, 3));
        if (missing)
        {
            File.Delete(folder["store.json"]);
        }
        else
        {
            File.WriteAllText(folder["store.json"], "{");
        }

        var e = Assert.ThrowsExactly<StoreMismatchException>(() => StoreJob.Open(folder.Path, StoreJob.Plan with { Seed = 99 }));

        StringAssert.Contains(e.Message, Path.Combine("records", "000"));
        Assert.IsFalse(File.Exists(folder["store.json"]) && new FileInfo(folder["store.json"]).Length > 1, "A store that was refused must not get the identity of the one who asked.");
    }

    [TestMethod]
    public void Open_PathOfAFile_NamesIt()
    {
        using var folder = new TestFolder();
        var file = folder.Write("file", "");

        var e = Assert.ThrowsExactly<IOException>(() => StoreJob.Open(file));

        StringAssert.Contains(e.Message, file);
    }

    [TestMethod]
    public void OpenExisting_NoStore_SaysSoAndMakesNone()
    {
        using var folder = new TestFolder();

        var e = Assert.ThrowsExactly<DirectoryNotFoundException>(() => SyntheticStore.OpenExisting(folder["none"], StoreJob.Identity(StoreJob.Plan), []));

        StringAssert.Contains(e.Message, folder["none"]);
        Assert.IsFalse(Directory.Exists(folder["none"]));
    }

    private static StoreIdentity Identity(int steps, string? prompt) => new StoreIdentity().Add("Steps", steps).Add("NegativePrompt", prompt);
}
