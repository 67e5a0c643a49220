using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZsMlc.MLNet.Datasets;

[TestClass]
public sealed class LoadersTests
{
    private const string Coco = """
        {"info":{},"images":[{"id":7,"file_name":"b.jpg","height":2},{"id":3,"file_name":"a.jpg"},{"id":4,"file_name":"c.jpg"}],
         "annotations":[{"id":1,"image_id":3,"category_id":62,"bbox":[1,2,3,4],"segmentation":[[1,2]]},{"id":2,"image_id":3,"category_id":1},{"id":3,"image_id":3,"category_id":62},{"id":4,"image_id":7,"category_id":72}],
         "categories":[{"id":1,"name":"person"},{"id":62,"name":"chair"},{"id":72,"name":"tv"}]}
        """;

    private readonly MLContext _ml = new(1);

    [TestMethod]
    public void LoadFromCoco_Annotations_GiveDistinctLabelsInCategoryOrder()
    {
        using var folder = new TestFolder();

        var rows = Rows(_ml.Data.LoadFromCoco(folder.Write("a.json", Coco), folder.Path));

        CollectionAssert.AreEqual(new[] { "b.jpg: tv", "a.jpg: person, chair", "c.jpg: " }, rows);
    }

    [TestMethod]
    public void LoadFromCoco_Options_MapNamesChooseLabelsAndRows()
    {
        using var folder = new TestFolder();
        var file = folder.Write("a.json", Coco);
        var names = new Dictionary<string, string> { ["tv"] = "television" };

        CollectionAssert.AreEqual(new[] { "b.jpg: television", "a.jpg: person" },
            Rows(_ml.Data.LoadFromCoco(file, folder.Path, new() { Names = names, Labels = ["television", "person"], SkipUnlabelled = true })));
        CollectionAssert.AreEqual(new[] { "b.jpg: tv", "c.jpg: " },
            Rows(_ml.Data.LoadFromCoco(file, folder.Path, new() { Without = ["chair"] })));
    }

    [TestMethod]
    [DataRow("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7\n", "Git LFS pointer")]
    [DataRow("{", "not a COCO annotation file, at $")]
    [DataRow("{\"images\":[]}", "annotations")]
    [DataRow("""{"images":[{"id":1,"file_name":"a"}],"annotations":[{"id":9,"image_id":2,"category_id":1}],"categories":[{"id":1,"name":"x"}]}""", "annotations[0]")]
    [DataRow("""{"images":[{"id":1,"file_name":"a"},{"id":1,"file_name":"b"}],"annotations":[],"categories":[]}""", "images[1]")]
    [DataRow("""{"images":[],"annotations":[],"categories":[{"id":1,"name":"x"},{"id":1,"name":"y"}]}""", "categories[1]")]
    public void LoadFromCoco_DamagedFile_NamesFileAndFault(string json, string fault)
    {
        using var folder = new TestFolder();
        var file = folder.Write("bad.json", json);

        var e = Assert.ThrowsExactly<FormatException>(() => _ml.Data.LoadFromCoco(file, folder.Path));

        Assert.Contains(file, e.Message);
        Assert.Contains(fault, e.Message);
    }

    [TestMethod]
    public void LoadFromCoco_NothingThere_NamesThePath()
    {
        using var folder = new TestFolder();

        Assert.ThrowsExactly<FileNotFoundException>(() => _ml.Data.LoadFromCoco(folder["no.json"], folder.Path));
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => _ml.Data.LoadFromCoco(folder.Write("a.json", Coco), folder["none"]));
    }

    [TestMethod]
    public void LoadFromNusWide_TwoMatrices_AreUnited()
    {
        using var folder = new TestFolder();
        var list = folder.Write("list.txt", "actor\\1.jpg\r\nsky\\2.jpg\r\n");
        var concepts = new NusWideLabels(folder.Write("t81.txt", "0 1 \n1 1 \n"), folder.Write("c81.txt", "sky\nsea\n"));
        var tags = new NusWideLabels(folder.Write("t1k.dat", "1\t0\t0\n0\t0\t1\n"), folder.Write("c1k.txt", "blue\nred\nsky\n"));

        CollectionAssert.AreEqual(new[] { "1.jpg: sea, blue", "2.jpg: sky, sea" }, Rows(_ml.Data.LoadFromNusWide(list, folder.Path, [concepts, tags])));
    }

    [TestMethod]
    [DataRow("0 1\n", "1 rows")]
    [DataRow("0 1\n1\n", "line 2 has 1 columns")]
    [DataRow("0 1\n1 x\n", "found 'x'")]
    public void LoadFromNusWide_FilesThatDoNotFit_NamesThem(string matrix, string fault)
    {
        using var folder = new TestFolder();
        var labels = new NusWideLabels(folder.Write("m.txt", matrix), folder.Write("n.txt", "sky\nsea\n"));

        var e = Assert.ThrowsExactly<FormatException>(() => _ml.Data.LoadFromNusWide(folder.Write("l.txt", "1.jpg\n2.jpg\n"), folder.Path, [labels]));

        Assert.Contains("m.txt", e.Message);
        Assert.Contains(fault, e.Message);
    }

    [TestMethod]
    [DataRow("..\\2.jpg")]
    [DataRow("/etc/hostname")]
    public void LoadFromNusWide_PathThatLeavesTheFolder_IsRefused(string path)
    {
        using var folder = new TestFolder();
        var labels = new NusWideLabels(folder.Write("m.txt", "1\n0\n"), folder.Write("n.txt", "sky\n"));

        var e = Assert.ThrowsExactly<FormatException>(() => _ml.Data.LoadFromNusWide(folder.Write("l.txt", $"1.jpg\n{path}\n"), folder.Path, [labels]));

        Assert.Contains($"image 2: '{path}'", e.Message);
        Assert.Contains("l.txt", e.Message);
    }

    [TestMethod]
    [DataRow("list.txt")]
    [DataRow("matrix.txt")]
    [DataRow("names.txt")]
    public void LoadFromNusWide_GitLfsPointer_IsNamed(string pointer)
    {
        using var folder = new TestFolder();
        folder.Write("list.txt", "1.jpg\n");
        folder.Write("matrix.txt", "1\n");
        folder.Write("names.txt", "sky\n");
        folder.Write(pointer, "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n");

        var e = Assert.ThrowsExactly<FormatException>(() => _ml.Data.LoadFromNusWide(folder["list.txt"], folder.Path, [new(folder["matrix.txt"], folder["names.txt"])]));

        Assert.Contains(pointer, e.Message);
        Assert.Contains("Git LFS pointer", e.Message);
    }

    [TestMethod]
    public void LoadFromNusWide_MutatedFiles_AreReadOrRefused()
    {
        using var folder = new TestFolder();
        var random = new Random(5);
        byte[][] whole = [[.. "a\\1.jpg\nb/2.jpg\n3.jpg\n"u8], [.. "0 1 \n1 1 \n0\t0\n"u8], [.. "sky\nsea\n"u8]];
        var (read, refused) = (0, 0);
        for (var i = 0; i < 1500; i++)
        {
            var files = whole.Select((bytes, f) =>
            {
                File.WriteAllBytes(folder[$"{f}.txt"], f == i % 3 ? Mutations.OfBytes(bytes, random) : bytes);
                return folder[$"{f}.txt"];
            }).ToArray();
            try
            {
                Rows(_ml.Data.LoadFromNusWide(files[0], folder.Path, [new(files[1], files[2])]));
                read++;
            }
            catch (FormatException e)
            {
                refused++;
                Assert.IsTrue(files.Any(e.Message.Contains), e.Message);
            }
        }

        Assert.IsGreaterThan(200, read);
        Assert.IsGreaterThan(200, refused);
    }

    [TestMethod]
    public void View_Shuffled_KeepsImagesAndLabelsTogether()
    {
        using var folder = new TestFolder();
        var view = _ml.Data.LoadFromCoco(folder.Write("a.json", Coco), folder.Path);

        var shuffled = _ml.Data.ShuffleRows(view, seed: 3);

        CollectionAssert.AreEquivalent(Rows(view), Rows(shuffled));
    }

    private static string[] Rows(IDataView view)
    {
        List<string> rows = [];
        using var cursor = view.GetRowCursor([view.Schema["ImagePath"], view.Schema["Labels"]]);
        var path = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["ImagePath"]);
        var labels = cursor.GetGetter<VBuffer<ReadOnlyMemory<char>>>(view.Schema["Labels"]);
        ReadOnlyMemory<char> p = default;
        VBuffer<ReadOnlyMemory<char>> l = default;
        while (cursor.MoveNext())
        {
            path(ref p);
            labels(ref l);
            rows.Add($"{Path.GetFileName(p.ToString())}: {string.Join(", ", l.DenseValues())}");
        }

        return [.. rows];
    }
}
