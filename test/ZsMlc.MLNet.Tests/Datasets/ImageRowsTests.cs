using Microsoft.ML;
using Microsoft.ML.Data;
using ZsMlc.MLNet.Images;

namespace ZsMlc.MLNet.Datasets;

[TestClass]
public sealed class ImageRowsTests
{
    private readonly MLContext _ml = new(1);

    [TestMethod]
    public void LoadImagesFromFolder_EveryKindOfImage_DecodesToItsColour()
    {
        using var folder = new TestFolder();
        TestPictures.Png(folder["a-grey.png"], 3, 2, 90);
        TestPictures.Png(folder["b-grey-alpha.png"], 3, 2, 90, 255);
        TestPictures.Png(folder["c-rgb.png"], 3, 2, 10, 200, 30);
        TestPictures.Png(folder["d-transparent.png"], 3, 2, 10, 200, 30, 0);
        TestPictures.CmykJpeg(folder["e-cmyk.jpg"], 255, 0, 255, 255);
        TestPictures.Solid(folder["f-one.jpg"], 1, 1, 255, 255, 255);
        TestPictures.Solid(folder["g-wide.png"], 16000, 1, 7, 8, 9);
        folder.Write("h.txt", "not taken");

        var images = Read(_ml.Data.LoadImagesFromFolder(folder.Path));

        (int, int, byte, byte, byte)[] expected =
        [
            (3, 2, 90, 90, 90), (3, 2, 90, 90, 90), (3, 2, 10, 200, 30), (3, 2, 0, 0, 0), (8, 8, 255, 0, 255), (1, 1, 255, 255, 255), (16000, 1, 7, 8, 9),
        ];
        Assert.HasCount(expected.Length, images);
        for (var i = 0; i < expected.Length; i++)
        {
            var (e, a) = (expected[i], images[i]);
            Assert.AreEqual((e.Item1, e.Item2), (a.Width, a.Height), a.Path);
            Assert.IsTrue(Math.Abs(e.Item3 - a.Red) <= 3 && Math.Abs(e.Item4 - a.Green) <= 3 && Math.Abs(e.Item5 - a.Blue) <= 3, $"{a.Path}: {a.Red} {a.Green} {a.Blue}");
        }
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("this is text")]
    public void Read_FileThatIsNoImage_NamesThePath(string content)
    {
        using var folder = new TestFolder();
        var path = folder.Write("broken.jpg", content);

        var e = Assert.ThrowsExactly<ImageReadException>(() => Read(_ml.Data.LoadImagesFromFolder(folder.Path)));

        Assert.AreEqual(path, e.Path);
        Assert.Contains(path, e.Message);
        Assert.Contains($"{content.Length} bytes", e.Message);
    }

    [TestMethod]
    public void Read_GitLfsPointer_IsNamed()
    {
        using var folder = new TestFolder();
        folder.Write("p.jpg", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n");

        var e = Assert.ThrowsExactly<ImageReadException>(() => Read(_ml.Data.LoadImagesFromFolder(folder.Path)));

        Assert.Contains("Git LFS pointer", e.Reason);
        Assert.Contains("12345", e.Reason);
    }

    [TestMethod]
    public void Read_SkipUnreadable_LeavesFilesOutCountsAndWarnsOnce()
    {
        using var folder = new TestFolder();
        TestPictures.Solid(folder["a.png"], 2, 2, 1, 2, 3);
        folder.Write("b.png", "broken");
        TestPictures.Solid(folder["c.png"], 2, 2, 4, 5, 6);
        List<string> left = [], warnings = [];
        _ml.Log += (_, e) =>
        {
            if (e.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning)
            {
                warnings.Add(e.RawMessage);
            }
        };

        var view = _ml.Data.LoadImagesFromFolder(folder.Path, options: new() { SkipUnreadable = true, Unreadable = e => left.Add(e.Path) });

        Assert.HasCount(2, Read(view));
        Assert.HasCount(2, view.GetColumn<string>("ImagePath").ToList());
        CollectionAssert.AreEqual(new[] { folder["b.png"] }, left);
        Assert.HasCount(1, warnings);
    }

    [TestMethod]
    public void LoadImagesFromFolder_EndingsOfEveryKind_AreReadAndOthersAreCounted()
    {
        using var folder = new TestFolder();
        var jpeg = File.ReadAllBytes(TestPictures.Solid(folder["1.jpg"], 2, 2, 9, 9, 9));
        string[] names = ["2.JPG", "3.jfif", "4.jpe", "5.JPEG", "6.Png", "7.gif", "8.BMP", "9.webp"];
        foreach (var name in names)
        {
            File.WriteAllBytes(folder[name], jpeg); // the content tells the format
        }

        folder.Write("a.txt", "");
        folder.Write("b.TXT", "");
        folder.Write("noending", "");
        List<string> passedOver = [], messages = [];
        _ml.Log += (_, e) => messages.Add(e.RawMessage);

        var view = _ml.Data.LoadImagesFromFolder(folder.Path, options: new() { PassedOver = passedOver.Add });

        CollectionAssert.AreEqual(new[] { folder["1.jpg"] }.Concat(names.Select(n => folder[n])).ToArray(), Read(view).Select(r => r.Path).ToArray());
        CollectionAssert.AreEqual(new[] { folder["a.txt"], folder["b.TXT"], folder["noending"] }, passedOver);
        Assert.Contains($"3 files in {folder.Path} were passed over, as their endings are not those of pictures: 2 .txt, 1 without an ending.", messages);
    }

    [TestMethod]
    public void Read_SkipUnreadable_LeavesOutDamagedCutAndHugePictures()
    {
        var files = Path.Combine(AppContext.BaseDirectory, "Images", "Files");
        List<string> left = [];

        var view = _ml.Data.LoadImagesFromFolder(files, options: new() { SkipUnreadable = true, Unreadable = e => left.Add(Path.GetFileName(e.Path)) });

        CollectionAssert.AreEqual(new[] { "jfif.jfif" }, Read(view).Select(r => Path.GetFileName(r.Path)).ToArray());
        CollectionAssert.AreEqual(new[] { "claims.gif", "claims.png", "cut_half.jpg", "cut_header.jpg" }, left);
        Assert.HasCount(3, Read(_ml.Data.LoadImagesFromFolder(files, options: new() { SkipUnreadable = true, Reading = new() { AllowTruncated = true } })));
        Assert.IsEmpty(Read(_ml.Data.LoadImagesFromFolder(files, options: new() { SkipUnreadable = true, Reading = new() { MaximumPixels = 100 } })));
    }

    [TestMethod]
    public void Read_SkipUnreadable_HandsOutTheImageThatTheTestDecoded()
    {
        using var folder = new TestFolder();
        TestPictures.Solid(folder["a.png"], 2, 3, 1, 2, 3);
        var view = _ml.Data.LoadImagesFromFolder(folder.Path, options: new() { SkipUnreadable = true });
        using var cursor = view.GetRowCursor(view.Schema);
        var image = cursor.GetGetter<MLImage>(view.Schema["Image"]);
        MLImage value = null!;

        Assert.IsTrue(cursor.MoveNext());
        File.Delete(folder["a.png"]);
        image(ref value);

        Assert.AreEqual(3, value.Height);
        Assert.ThrowsExactly<ImageReadException>(() => image(ref value));
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    [Timeout(60_000)]
    public void LoadImagesFromFolder_LinksAndAPipe_EveryPictureComesOnceAndThePipeIsLeftOut()
    {
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder["in"]);
        foreach (var name in new[] { "b.png", ".hidden.png", "in/a.png" })
        {
            TestPictures.Solid(folder[name], 2, 3, 1, 2, 3);
        }

        File.CreateSymbolicLink(folder["c.png"], "b.png");
        Directory.CreateSymbolicLink(folder["in/up"], "..");
        Directory.CreateSymbolicLink(folder["self"], ".");
        folder.Pipe("p.png");
        List<string> left = [];

        var view = _ml.Data.LoadImagesFromFolder(folder.Path, recursive: true, new() { SkipUnreadable = true, Unreadable = e => left.Add(e.Path) });

        CollectionAssert.AreEqual(new[] { folder[".hidden.png"], folder["b.png"], folder["c.png"], folder["in/a.png"] }, Read(view).Select(r => r.Path).ToArray());
        CollectionAssert.AreEqual(new[] { folder["p.png"] }, left);
    }

    [TestMethod]
    public void LoadImagesFromFolder_NoFolder_NamesIt() =>
        Assert.Contains("/nowhere", Assert.ThrowsExactly<DirectoryNotFoundException>(() => _ml.Data.LoadImagesFromFolder("/nowhere")).Message);

    private static List<(string Path, int Width, int Height, byte Red, byte Green, byte Blue)> Read(IDataView view)
    {
        List<(string, int, int, byte, byte, byte)> found = [];
        using var cursor = view.GetRowCursor(view.Schema);
        var path = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["ImagePath"]);
        var image = cursor.GetGetter<MLImage>(view.Schema["Image"]);
        MLImage value = null!;
        ReadOnlyMemory<char> text = default;
        while (cursor.MoveNext())
        {
            path(ref text);
            image(ref value);
            var pixels = value.Pixels;
            var (r, b) = value.PixelFormat == MLPixelFormat.Rgba32 ? (0, 2) : (2, 0);
            found.Add((text.ToString(), value.Width, value.Height, pixels[r], pixels[1], pixels[b]));
        }

        value?.Dispose();
        return found;
    }
}
