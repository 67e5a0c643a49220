using System.Diagnostics;
using Microsoft.ML.Data;
using SkiaSharp;
using ZsMlc.MLNet.Interop;
using static TorchSharp.torch;

namespace ZsMlc.MLNet.Images;

[TestClass]
public sealed class ImageReaderTests
{
    [TestMethod]
    [DataRow("claims.gif", "65535 x 65535")]
    [DataRow("claims.png", "100000 x 100000")]
    public void Read_SmallFileThatClaimsAHugePicture_IsRefusedBeforeAnythingIsAllocated(string name, string size)
    {
        using var process = Process.GetCurrentProcess();
        var before = process.PeakWorkingSet64;

        var e = Assert.ThrowsExactly<ImageReadException>(() => ImageReader.Read(File(name)));

        process.Refresh();
        Assert.Contains(size, e.Reason);
        Assert.Contains("64000000", e.Reason);
        Assert.IsLessThan(32L << 20, process.PeakWorkingSet64 - before);
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    [Timeout(60_000)]
    public void Read_NotARegularFile_IsRefusedUnopened()
    {
        using var folder = new TestFolder();
        System.IO.File.CreateSymbolicLink(folder["link.png"], folder.Pipe("p.png"));

        foreach (var path in new[] { folder["p.png"], folder["link.png"] })
        {
            Assert.AreEqual("it is a pipe, expected a regular file.", Assert.ThrowsExactly<ImageReadException>(() => ImageReader.Read(path)).Reason);
        }

        Assert.Contains("a folder", Assert.ThrowsExactly<ImageReadException>(() => ImageReader.Read(folder.Path)).Reason);
    }

    [TestMethod]
    [DataRow("cut_half.jpg")]
    [DataRow("cut_header.jpg")]
    public void Read_PictureCutShort_IsRefusedUnlessAllowed(string name)
    {
        var e = Assert.ThrowsExactly<ImageReadException>(() => ImageReader.Read(File(name)));
        using var part = ImageReader.Read(File(name), new() { AllowTruncated = true });

        Assert.Contains("cut short", e.Message);
        Assert.AreEqual(File(name), e.Path);
        Assert.AreEqual((600, 400), (part.Width, part.Height));
    }

    [TestMethod]
    public void Read_PictureCutShortBehindAnother_ShowsNothingOfIt()
    {
        using var alone = ImageReader.Read(File("cut_half.jpg"), new() { AllowTruncated = true });
        using SKBitmap bright = new(new SKImageInfo(600, 400, SKColorType.Rgba8888, SKAlphaType.Opaque));
        bright.Erase(SKColors.White);
        using var encoded = bright.Encode(SKEncodedImageFormat.Png, 100);
        using var white = ImageReader.Read(encoded.AsStream(), "white");
        using var behind = ImageReader.Read(File("cut_half.jpg"), new() { AllowTruncated = true });

        Assert.AreEqual(255, white.Pixels[^2]);
        Assert.AreNotEqual(255, behind.Pixels[^2]);
        Assert.IsTrue(alone.Pixels.SequenceEqual(behind.Pixels));
    }

    [TestMethod]
    [DataRow(SKEncodedImageFormat.Jpeg, 1)]
    [DataRow(SKEncodedImageFormat.Webp, 4)]
    [DataRow(SKEncodedImageFormat.Png, 60)]
    public void Read_CutAnywhere_IsRefused(SKEncodedImageFormat format, int least)
    {
        var whole = Noise(format);

        for (var cut = least; cut <= whole.Length; cut += 1 + cut / 4)
        {
            var e = Assert.ThrowsExactly<ImageReadException>(() => Read(whole[..^cut]), $"{cut} bytes cut off");
            Assert.StartsWith("The image picture cannot be read:", e.Message);
        }
    }

    [TestMethod]
    public void Read_DamagedPng_IsRefusedUnlessAllowed()
    {
        var damaged = Noise(SKEncodedImageFormat.Png);
        damaged[^200] ^= 4;

        Assert.Contains("damaged", Assert.ThrowsExactly<ImageReadException>(() => Read(damaged)).Reason);
        using var part = Read(damaged, new() { AllowTruncated = true });
        Assert.AreEqual(60, part.Width);
    }

    [TestMethod]
    public void Read_MorePixelsThanAllowed_IsRefused()
    {
        var picture = Noise(SKEncodedImageFormat.Png);

        var e = Assert.ThrowsExactly<ImageReadException>(() => Read(picture, new() { MaximumPixels = 60 * 40 - 1 }));

        Assert.Contains("60 x 40", e.Reason);
        Assert.Contains("2399", e.Reason);
        using var read = Read(picture, new() { MaximumPixels = 60 * 40 });
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Read(picture, new() { MaximumPixels = 0 }));
    }

    [TestMethod]
    public void Read_FileTooLongForAnyPicture_IsRefusedUnread()
    {
        using var folder = new TestFolder();
        using (var file = System.IO.File.Create(folder["long.jpg"]))
        {
            file.SetLength(1L << 40);
        }

        Assert.Contains("1099511627776 bytes", Assert.ThrowsExactly<ImageReadException>(() => ImageReader.Read(folder["long.jpg"])).Reason);
    }

    [TestMethod]
    public void Read_MissingFileOrFolder_NamesThePath()
    {
        using var folder = new TestFolder();

        Assert.Contains("no such file", Assert.ThrowsExactly<ImageReadException>(() => ImageReader.Read(folder["none.png"])).Reason);
        Assert.AreEqual(folder.Path, Assert.ThrowsExactly<ImageReadException>(() => ImageReader.Read(folder.Path)).Path);
    }

    [TestMethod]
    [DataRow(1, "RGBW")]
    [DataRow(2, "GRWB")]
    [DataRow(3, "WBGR")]
    [DataRow(4, "BWRG")]
    [DataRow(5, "RBGW")]
    [DataRow(6, "BRWG")]
    [DataRow(7, "WGBR")]
    [DataRow(8, "GWRB")]
    public void Read_OrientedByTheCamera_IsTurnedUprightUnlessTurnedOff(int orientation, string corners)
    {
        using var folder = new TestFolder();
        var path = TestPictures.Draw(folder["o.jpg"], 48, 32, (x, y) => y < 16 ? x < 24 ? ((byte)255, (byte)0, (byte)0) : ((byte)0, (byte)255, (byte)0) : x < 24 ? ((byte)0, (byte)0, (byte)255) : ((byte)255, (byte)255, (byte)255));
        TestPictures.Orient(path, (byte)orientation);

        using var upright = ImageReader.Read(path);
        using var stored = ImageReader.Read(path, new() { ApplyOrientation = false });

        Assert.AreEqual(orientation > 4 ? (32, 48) : (48, 32), (upright.Width, upright.Height));
        Assert.AreEqual(corners, Corners(upright));
        Assert.AreEqual("48 RGBW", $"{stored.Width} {Corners(stored)}");
    }

    [TestMethod]
    [DataRow(300, 450, 300)]
    [DataRow(200, 338, 225)]
    [DataRow(60, 113, 75)]
    [DataRow(1, 113, 75)]
    [DataRow(601, 900, 600)]
    public void Read_JpegOfAMinimumSide_IsDecodedReducedAndSeenAlike(int minimum, int width, int height)
    {
        using var folder = new TestFolder();
        var path = TestPictures.Draw(folder["p.jpg"], 900, 600, (x, y) => ((byte)(x * 255 / 900), (byte)(y * 255 / 600), (byte)(127 + 120 * Math.Sin(x / 30.0) * Math.Cos(y / 40.0))));
        using var full = ImageReader.Read(path);
        using var reduced = ImageReader.Read(path, new() { JpegMinimumSide = minimum });

        Assert.AreEqual((width, height), (reduced.Width, reduced.Height));
        using var difference = (ImagePixels.ToSquare(full, 32).to(ScalarType.Float32) - ImagePixels.ToSquare(reduced, 32).to(ScalarType.Float32)).abs();
        Assert.IsLessThan(2, difference.mean().item<float>());
    }

    [TestMethod]
    public void Read_PngOfAMinimumSide_IsDecodedInFull()
    {
        using var picture = Read(Noise(SKEncodedImageFormat.Png), new() { JpegMinimumSide = 5 });

        Assert.AreEqual((60, 40), (picture.Width, picture.Height));
    }

    [TestMethod]
    public void Read_MutatedPictures_AreReadOrRefused()
    {
        var random = new Random(7);
        byte[][] pictures = [Noise(SKEncodedImageFormat.Jpeg), Noise(SKEncodedImageFormat.Png), Noise(SKEncodedImageFormat.Webp), System.IO.File.ReadAllBytes(File("claims.gif"))];
        var (read, refused) = (0, 0);
        for (var i = 0; i < 4000; i++)
        {
            var bytes = Mutations.OfBytes(pictures[i % pictures.Length], random);
            try
            {
                Read(bytes, new() { MaximumPixels = 100_000, AllowTruncated = i % 2 == 0 }).Dispose();
                read++;
            }
            catch (ImageReadException)
            {
                refused++;
            }
        }

        Assert.IsGreaterThan(400, read);
        Assert.IsGreaterThan(400, refused);
    }

    private static MLImage Read(byte[] bytes, ImageReadOptions? options = null) => ImageReader.Read(new MemoryStream(bytes), "picture", options);

    private static string File(string name) => Path.Combine(AppContext.BaseDirectory, "Images", "Files", name);

    private static byte[] Noise(SKEncodedImageFormat format)
    {
        var random = new Random(1);
        using var bitmap = new SKBitmap(60, 40);
        bitmap.Pixels = [.. Enumerable.Range(0, 60 * 40).Select(_ => new SKColor((byte)random.Next(256), (byte)random.Next(256), 80))];
        using var data = bitmap.Encode(format, 90);
        return data.ToArray();
    }

    /// <summary>The colours of the corners, row by row.</summary>
    private static string Corners(MLImage image)
    {
        var pixels = image.Pixels;
        (int X, int Y)[] places = [(0, 0), (image.Width - 1, 0), (0, image.Height - 1), (image.Width - 1, image.Height - 1)];
        var corners = "";
        foreach (var (x, y) in places)
        {
            var at = 4 * (y * image.Width + x);
            corners += (pixels[at] > 127, pixels[at + 1] > 127, pixels[at + 2] > 127) switch
            {
                (true, false, false) => "R",
                (false, true, false) => "G",
                (false, false, true) => "B",
                (true, true, true) => "W",
                _ => "?",
            };
        }

        return corners;
    }
}
