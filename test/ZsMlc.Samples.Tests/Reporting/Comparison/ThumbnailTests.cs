using SkiaSharp;
using ZsMlc.Samples.Reporting.Comparison;

namespace ZsMlc.Samples.Tests.Reporting.Comparison;

[TestClass]
public sealed class ThumbnailTests
{
    [TestMethod]
    public void Read_SmallPicture_StaysAsItIs()
    {
        using var folder = new TemporaryFolder();
        var content = Pictures.Draw(SKColors.Navy, SKColors.Gold, 32);
        File.WriteAllBytes(folder["a.png"], content);

        var picture = Thumbnail.Read(folder["a.png"], "a disc");

        Assert.AreSequenceEqual(content, picture.Content);
        Assert.AreEqual((32, 32, "a disc"), (picture.Width, picture.Height, picture.Description));
    }

    [TestMethod]
    public void Read_LargePicture_BecomesASmallJpegOfTheSameShape()
    {
        using var folder = new TemporaryFolder();
        using var bitmap = new SKBitmap(1000, 500);
        using (var file = File.Create(folder["wide.png"]))
        {
            bitmap.Encode(file, SKEncodedImageFormat.Png, 100);
        }

        var picture = Thumbnail.Read(folder["wide.png"], "wide");

        Assert.AreEqual((320, 160, "image/jpeg"), (picture.Width, picture.Height, picture.MediaType));
        using var decoded = SKBitmap.Decode(picture.Content);
        Assert.AreEqual((320, 160), (decoded.Width, decoded.Height));
    }

    [TestMethod]
    public void Read_NoPicture_NamesTheFile()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["notes.png"], "no picture");

        var error = Assert.ThrowsExactly<InvalidDataException>(() => Thumbnail.Read(folder["notes.png"], ""));

        Assert.Contains("notes.png", error.Message);
    }
}
