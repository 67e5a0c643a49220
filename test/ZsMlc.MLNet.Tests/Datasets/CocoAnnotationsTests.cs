using System.Diagnostics;
using System.Text;

namespace ZsMlc.MLNet.Datasets;

[TestClass]
public sealed class CocoAnnotationsTests
{
    private const string Categories = """[{"id":1,"name":"person"},{"id":17,"name":"cat"}]""";

    [TestMethod]
    public void Read_GapsSubfoldersUnicodeAndByteOrderMark_GiveRowsInOrder()
    {
        const string json = """
            {"images": [{"id": 5, "file_name": "a.png"}, {"id": 9, "file_name": "train2017/日本/ü ñ.png"}, {"id": 11, "file_name": "b.png"}],
             "annotations": [{"id": 1, "image_id": 5, "category_id": 90, "segmentation": []}, {"id": 2, "image_id": 5, "category_id": 17}, {"id": 3, "image_id": 9, "category_id": 1, "iscrowd": 1, "segmentation": {"counts": [1, 2]}}],
             "categories": [{"id": 1, "name": "person"}, {"id": 17, "name": "cat"}, {"id": 90, "name": "toothbrush"}]}
            """;

        CollectionAssert.AreEqual(new[] { "a.png: cat, toothbrush", "train2017/日本/ü ñ.png: person", "b.png: " }, Rows("\uFEFF" + json));
    }

    [TestMethod]
    [DataRow("images\\\\0.png", "images/0.png")]
    [DataRow("images\\\\1/90fb.png", "images/1/90fb.png")]
    [DataRow("./a/../b.png", "b.png")]
    [DataRow("a//b..c.png", "a/b..c.png")]
    public void Read_SeparatorsOfAnySystem_AreRead(string name, string expected) =>
        CollectionAssert.AreEqual(new[] { $"{expected}: " }, Rows(Json($$"""[{"id":1,"file_name":"{{name}}"}]""", "[]")));

    [TestMethod]
    [DataRow("../../../etc/passwd")]
    [DataRow("/etc/hostname")]
    [DataRow("a/../../b.png")]
    [DataRow("..\\\\b.png")]
    [DataRow("\\\\\\\\server\\\\share\\\\b.png")]
    [DataRow("C:\\\\b.png")]
    [DataRow("..")]
    [DataRow("a\\u0000b")]
    public void Read_FileNameThatLeavesTheFolder_IsRefused(string name)
    {
        var message = Fault(Json($$"""[{"id":0,"file_name":"ok.png"},{"id":1,"file_name":"{{name}}"}]""", "[]"));

        Assert.Contains("images[1]", message);
        Assert.Contains("out of the image folder", message);
    }

    [TestMethod]
    public void Read_IdsAsTextsOrFractions_AreTheSameIds()
    {
        var json = Json("""[{"id":"7","file_name":"a"},{"id":12.0,"file_name":"b"},{"id":"0b2f-uuid","file_name":"c"}]""",
            """[{"id":"6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b","image_id":7,"category_id":"1"},{"id":null,"image_id":"12","category_id":17.0},{"image_id":"0b2f-uuid","category_id":1}]""");

        CollectionAssert.AreEqual(new[] { "a: person", "b: cat", "c: person" }, Rows(json));
    }

    [TestMethod]
    public void Read_PythonsNumbersWhereNobodyReads_AreSkipped()
    {
        var json = Json("""[{"id":1,"file_name":"NaN","x":NaN,"y":[Infinity,-Infinity]}]""", """[{"image_id":1,"category_id":1,"area":NaN,"note":"\"NaN, \\"}]""");

        CollectionAssert.AreEqual(new[] { "NaN: person" }, Rows(json));
        Assert.Contains("image_id", Fault(Json("""[{"id":1,"file_name":"a"}]""", """[{"image_id":NaN,"category_id":1}]""")));
    }

    [TestMethod]
    public void Read_UnusedRootCategoryOfTheSameName_IsNoConflict()
    {
        const string categories = """[{"id":0,"name":"dog","supercategory":"none"},{"id":1,"name":"dog","supercategory":"dog"}]""";
        const string images = """[{"id":0,"file_name":"a"}]""";

        CollectionAssert.AreEqual(new[] { "a: dog" }, Rows(Json(images, """[{"image_id":0,"category_id":1}]""", categories)));
        Assert.Contains("both called 'dog'", Fault(Json(images, """[{"image_id":0,"category_id":1},{"image_id":0,"category_id":0}]""", categories)));
    }

    [TestMethod]
    [DataRow("[]", "[]", "[null]", "categories[0] is null")]
    [DataRow("[null]", "[]", "[]", "images[0] is null")]
    [DataRow("[]", "[null]", "[]", "annotations[0] is null")]
    [DataRow("[]", "[]", """[{"id":4}]""", "categories[0] is incomplete: id '4', name missing")]
    [DataRow("""[{"id":4,"file_name":""}]""", "[]", "[]", "file_name empty")]
    [DataRow("""[{"id":4,"file_name":"a"},{"id":"4","file_name":"b"}]""", "[]", "[]", "images[1], 'b', has the id 4")]
    [DataRow("""[{"id":4,"file_name":"a"}]""", """[{"image_id":4}]""", "[]", "category_id missing")]
    [DataRow("""[{"id":true,"file_name":"a"}]""", "[]", "[]", "$.images[0].id")]
    [DataRow("""[{"id":1.5,"file_name":"a"}]""", "[]", "[]", "$.images[0].id: An id is a whole number")]
    [DataRow("""[{"id":1,"file_name":"\ud83d"}]""", "[]", "[]", "$.images[0].file_name")]
    [DataRow("""[{"id":1,"file_name":7}]""", "[]", "[]", "$.images[0].file_name")]
    [DataRow("7", "[]", "[]", "$.images")]
    public void Read_BadEntry_IsNamed(string images, string annotations, string categories, string fault) =>
        Assert.Contains(fault, Fault(Json(images, annotations, categories)));

    [TestMethod]
    public void Read_SixtyThousandCategories_AreReadAtOnce()
    {
        var categories = new StringBuilder("[");
        for (var i = 0; i < 60_000; i++)
        {
            categories.Append(i == 0 ? "" : ",").Append($$"""{"id":{{i}},"name":"label {{i}}"}""");
        }

        var json = Json("""[{"id":1,"file_name":"a"}]""", """[{"image_id":1,"category_id":59999}]""", categories.Append(']').ToString());
        var clock = Stopwatch.StartNew();

        CollectionAssert.AreEqual(new[] { "a: label 59999" }, Rows(json));

        // Squared in the number of categories it would be minutes.
        Assert.IsLessThan(10, clock.Elapsed.TotalSeconds);
    }

    [TestMethod]
    public void Read_MutatedFiles_AreReadOrRefusedWithTheirName()
    {
        var json = Json("""[{"id":1,"file_name":"a.png","width":3},{"id":2,"file_name":"b/c.png"}]""", """[{"id":1,"image_id":1,"category_id":17,"bbox":[1,2,3,4]},{"id":2,"image_id":2,"category_id":1}]""");
        var random = new Random(3);
        using var folder = new TestFolder();
        var (read, refused) = (0, 0);
        for (var i = 0; i < 3000; i++)
        {
            var path = folder.Write("a.json", i % 3 == 0 ? Encoding.Latin1.GetString(Mutations.OfBytes(Encoding.Latin1.GetBytes(json), random)) : Mutations.OfJson(json, random));
            try
            {
                var rows = CocoAnnotations.Read(path, folder.Path);
                read++;
                Assert.IsTrue(rows.All(r => r.Path.StartsWith(folder.Path, StringComparison.Ordinal) && !r.Path.Contains("..") && !r.Labels.Contains(null!)));
            }
            catch (FormatException e)
            {
                refused++;
                Assert.Contains(path, e.Message);
            }
        }

        Assert.IsGreaterThan(300, read);
        Assert.IsGreaterThan(300, refused);
    }

    [TestMethod]
    public void Read_MemberTwice_IsRefused()
    {
        Assert.Contains("image_id", Fault(Json("""[{"id":1,"file_name":"a.jpg"},{"id":2,"file_name":"b.jpg"}]""", """[{"image_id":1,"image_id":2,"category_id":1}]""")));
        Assert.Contains("images", Fault("""{"images":[],""" + Json("[]", "[]")[1..]));
    }

    private static string Json(string images, string annotations, string categories = Categories) =>
        $$"""{"images":{{images}},"annotations":{{annotations}},"categories":{{categories}}}""";

    private static string[] Rows(string json)
    {
        using var folder = new TestFolder();
        return [.. CocoAnnotations.Read(folder.Write("a.json", json), folder.Path)
            .Select(r => $"{Path.GetRelativePath(folder.Path, r.Path).Replace('\\', '/')}: {string.Join(", ", r.Labels)}")];
    }

    private static string Fault(string json)
    {
        using var folder = new TestFolder();
        var path = folder.Write("a.json", json);
        var message = Assert.ThrowsExactly<FormatException>(() => CocoAnnotations.Read(path, folder.Path)).Message;
        Assert.Contains(path, message);
        return message;
    }
}
