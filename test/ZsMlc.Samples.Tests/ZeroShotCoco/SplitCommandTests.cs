using System.Text.Json;
using ZsMlc.Samples.ZeroShotCoco;

namespace ZsMlc.Samples.Tests.ZeroShotCoco;

[TestClass]
public sealed class SplitCommandTests
{
    [TestMethod]
    public async Task Split_DrawnPhotos_KeepsUnseenObjectsOutOfTraining()
    {
        using var folder = new TemporaryFolder();
        var photos = CocoLayout.Draw(folder.Path);

        var code = await ZeroShotCocoProgram.RunAsync(["split", "--work", folder["work"], "--train", photos.Annotations, "--test", photos.Annotations, "--labels", photos.Labels!]);

        Assert.AreEqual(0, code);
        using var train = JsonDocument.Parse(File.ReadAllText(folder["work/train.json"]));
        using var test = JsonDocument.Parse(File.ReadAllText(folder["work/test.json"]));
        Assert.AreSequenceEqual([100, 101, 103, 104, 106, 107, 109, 110], Ids(train, "images", "id"));
        Assert.AreSequenceEqual([102, 105, 108, 111], Ids(test, "images", "id"));
        Assert.IsEmpty(Ids(train, "annotations", "category_id").Except([1, 2]));
        Assert.HasCount(4, Ids(test, "categories", "id"));
    }

    [TestMethod]
    public async Task Split_PublishedLabelsOnCoco_NeedsEveryCategory()
    {
        using var folder = new TemporaryFolder();
        var photos = CocoLayout.Draw(folder.Path);

        var code = await ZeroShotCocoProgram.RunAsync(["split", "--work", folder["work"], "--train", photos.Annotations, "--test", photos.Annotations]);

        Assert.AreEqual(2, code);
        Assert.IsFalse(File.Exists(folder["work/train.json"]));
    }

    [TestMethod]
    public async Task Split_LabelSeenAndUnseen_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var photos = CocoLayout.Draw(folder.Path);
        File.WriteAllText(folder["both.json"], """{ "seen": ["car", "dog"], "unseen": ["dog"] }""");

        var code = await ZeroShotCocoProgram.RunAsync(["split", "--work", folder["work"], "--train", photos.Annotations, "--test", photos.Annotations, "--labels", folder["both.json"]]);

        Assert.AreEqual(2, code);
    }

    private static long[] Ids(JsonDocument file, string list, string field) =>
        [.. file.RootElement.GetProperty(list).EnumerateArray().Select(e => e.GetProperty(field).GetInt64())];
}
