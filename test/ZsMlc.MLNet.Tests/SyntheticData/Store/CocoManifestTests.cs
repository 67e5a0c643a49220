using System.Text.Json;
using ZsMlc.MLNet.SyntheticData.Plan;

namespace ZsMlc.MLNet.SyntheticData.Store;

[TestClass]
public sealed class CocoManifestTests
{
    private static readonly GenerationPlan s_plan = GenerationPlan.Create(new() { Labels = ["cat", "dog"], ImagesPerLabel = 2 });

    [TestMethod]
    public void Write_Records_GivesWhatCocoToolsExpect()
    {
        var json = Write(
        [
            new(0, "", ["dog", "cat"], [Attempt(0), Attempt(1, "images/000/000000.png", ["animal"])]),
            null,
            new(2, "", ["cat"], [Attempt(2)]),
            new(3, "", ["cat"], [Attempt(3, "images/000/000003.png", ["animal", "dog"])]),
        ]);

        // Members and types that pycocotools indexes by: ids of images, annotations (from 1) and categories, boxes, areas, iscrowd.
        CollectionAssert.AreEqual(new[] { (1, "cat"), (2, "dog"), (3, "animal") }, Members(json, "categories").Select(c => (c.GetProperty("id").GetInt32(), c.GetProperty("name").GetString()!)).ToArray());
        CollectionAssert.AreEqual(new[] { (1, "000/000000.png", 6, 4), (4, "000/000003.png", 6, 4) }, Members(json, "images").Select(i => (i.GetProperty("id").GetInt32(), i.GetProperty("file_name").GetString()!, i.GetProperty("width").GetInt32(), i.GetProperty("height").GetInt32())).ToArray());
        var annotations = Members(json, "annotations").ToList();
        CollectionAssert.AreEqual(
            new[] { (1, 1, 2), (2, 1, 1), (3, 1, 3), (4, 4, 1), (5, 4, 3), (6, 4, 2) },
            annotations.Select(a => (a.GetProperty("id").GetInt32(), a.GetProperty("image_id").GetInt32(), a.GetProperty("category_id").GetInt32())).ToArray());
        foreach (var annotation in annotations)
        {
            CollectionAssert.AreEqual(new[] { 0, 0, 6, 4 }, annotation.GetProperty("bbox").EnumerateArray().Select(v => v.GetInt32()).ToArray());
            Assert.AreEqual((24, 0), (annotation.GetProperty("area").GetInt32(), annotation.GetProperty("iscrowd").GetInt32()));
        }
    }

    [TestMethod]
    public void Write_Records_TellsPromptSeedAndScores()
    {
        var json = Write([new(0, "", ["dog"], [Attempt(0), Attempt(1, "images/000/000000.png", ["cat", "animal"])])]);

        var image = Members(json, "images").Single();
        Assert.AreEqual(("A \"prompt\" é 1", 1001, 0, 1), (image.GetProperty("prompt").GetString(), image.GetProperty("seed").GetInt32(), image.GetProperty("slot").GetInt32(), image.GetProperty("attempt").GetInt32()));
        var annotations = Members(json, "annotations").ToList();
        Assert.AreEqual(0.75f, annotations[0].GetProperty("score").GetSingle());
        Assert.AreEqual(0.25f, annotations[1].GetProperty("score").GetSingle());
        Assert.IsFalse(annotations[2].TryGetProperty("score", out _), "The judge does not know 'animal'.");
        CollectionAssert.AreEqual(new[] { false, true, true }, annotations.Select(a => a.TryGetProperty("pseudo", out var p) && p.GetBoolean()).ToArray());
    }

    [TestMethod]
    public void Write_NoImages_IsStillAFile()
    {
        var json = Write([null, new(1, "", ["cat"], [Attempt(0)])]);

        Assert.IsEmpty(Members(json, "images"));
        Assert.IsEmpty(Members(json, "annotations"));
        Assert.HasCount(2, Members(json, "categories"));
    }

    private static AttemptRecord Attempt(int i, string? file = null, IReadOnlyList<string>? pseudo = null) => new(
        $"A \"prompt\" é {i}", 1000 + i, file is not null, false, file is null ? null : new(file, 6, 4, 1, ""), pseudo ?? [], [0.25f, 0.75f]);

    private static JsonElement Write(IEnumerable<SlotRecord?> records)
    {
        using var stream = new MemoryStream();
        new CocoManifest(s_plan, ["cat", "dog"]).Write(stream, records);
        return JsonDocument.Parse(stream.ToArray()).RootElement;
    }

    private static IEnumerable<JsonElement> Members(JsonElement json, string list) => json.GetProperty(list).EnumerateArray();
}
