using System.Security.Cryptography;
using System.Text.Json;
using SkiaSharp;
using ZsMlc.Samples.TagImages;

namespace ZsMlc.Samples.Tests.TagImages;

[TestClass]
public sealed class FolderCommandTests
{
    [TestMethod]
    public async Task Folder_ToCsv_HasALineATagAndListsWhatHasNone()
    {
        using var folder = Photos();

        var (code, output) = await Programs.RunAsync(TagImagesProgram.RunAsync, "folder", TinyTagger.Path, folder["photos"], "--out", folder["tags.csv"], "--top", "2", "--threshold", "0");

        Assert.AreEqual(0, code, output);
        Assert.Contains("3 pictures tagged, 1 not readable, 1 other files passed over", output);
        Assert.Contains("broken.png", output);
        var lines = File.ReadAllLines(folder["tags.csv"]);
        Assert.HasCount(8, lines);
        Assert.AreEqual("file,label,score,size,sha256,error", lines[0]);
        Assert.HasCount(2, lines.Where(l => l.StartsWith("\"a, b.png\",", StringComparison.Ordinal)));
        Assert.HasCount(2, lines.Where(l => l.StartsWith("inner/2.jpg,", StringComparison.Ordinal)));
        var hash = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(folder["photos/broken.png"])));
        Assert.HasCount(1, lines.Where(l => l.StartsWith($"broken.png,,,13,{hash},", StringComparison.Ordinal) && l.Contains("not a picture")));
    }

    [TestMethod]
    public async Task Folder_NoTagIsLikelyEnough_PicturesAreListedWithoutTags()
    {
        using var folder = Photos();

        var (code, output) = await Programs.RunAsync(TagImagesProgram.RunAsync, "folder", TinyTagger.Path, folder["photos"], "--out", folder["tags.csv"], "--threshold", "1.01");

        Assert.AreEqual(0, code, output);
        Assert.Contains("3 of them have no tag", output);
        Assert.HasCount(5, File.ReadAllLines(folder["tags.csv"]));
    }

    [TestMethod]
    public async Task Folder_ToJson_HasTheScoresOfTheModel()
    {
        using var folder = Photos();
        File.Delete(folder["photos/broken.png"]);

        var (code, output) = await Programs.RunAsync(TagImagesProgram.RunAsync, "folder", TinyTagger.Path, folder["photos"], "--out", folder["tags.json"], "--top", "4", "--threshold", "0");

        Assert.AreEqual(0, code, output);
        using var json = JsonDocument.Parse(File.ReadAllText(folder["tags.json"]));
        var row = json.RootElement.EnumerateArray().Single(r => r.GetProperty("file").GetString() == "1.png");
        var scores = row.GetProperty("tags").EnumerateArray().ToDictionary(t => t.GetProperty("label").GetString()!, t => t.GetProperty("score").GetSingle());
        using var tagger = new Tagger(TinyTagger.Path);
        using var image = Microsoft.ML.Data.MLImage.CreateFromFile(folder["photos/1.png"]);
        Assert.HasCount(4, scores);
        foreach (var tag in tagger.Tag(image, 4, threshold: 0))
        {
            Assert.AreEqual(tag.Score, scores[tag.Label], 1e-6f, tag.Label);
        }
    }

    [TestMethod]
    public async Task Folder_ModelMissing_SaysSo()
    {
        using var folder = Photos();

        var (code, output) = await Programs.RunAsync(TagImagesProgram.RunAsync, "folder", folder["none.zip"], folder["photos"]);

        Assert.AreEqual(2, code);
        Assert.Contains("There is no model", output);
    }

    [TestMethod]
    [DataRow("folder")]
    [DataRow("serve")]
    public async Task ModelDamaged_SaysSoInOneLineAndWritesNothing(string command)
    {
        using var folder = Photos();
        var bytes = File.ReadAllBytes(TinyTagger.Path);
        bytes[bytes.Length / 2] ^= 4;
        File.WriteAllBytes(folder["tagger.zip"], bytes);
        string[] rest = command == "serve" ? ["--url", "http://127.0.0.1:0"] : [folder["photos"], "--out", folder["tags.csv"]];

        var (code, output) = await Programs.RunAsync(TagImagesProgram.RunAsync, [command, folder["tagger.zip"], .. rest]);

        Assert.AreEqual(2, code, output);
        Assert.StartsWith(folder["tagger.zip"], output);
        Assert.Contains("damaged", output);
        Assert.HasCount(1, output.Trim().Split('\n'));
        Assert.IsFalse(File.Exists(folder["tags.csv"]));
    }

    private static TemporaryFolder Photos()
    {
        var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["photos/inner"]);
        File.WriteAllBytes(folder["photos/1.png"], Pictures.Draw(SKColors.Navy, SKColors.Gold));
        File.WriteAllBytes(folder["photos/a, b.png"], Pictures.Draw(SKColors.Green, SKColors.White));
        File.WriteAllBytes(folder["photos/inner/2.jpg"], Pictures.Draw(SKColors.Pink, SKColors.Black, 50, SKEncodedImageFormat.Jpeg));
        File.WriteAllText(folder["photos/broken.png"], "not a picture");
        File.WriteAllText(folder["photos/readme.txt"], "no ending of a picture");
        return folder;
    }
}
