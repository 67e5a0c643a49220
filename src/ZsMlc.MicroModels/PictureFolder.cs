using System.Runtime.InteropServices;
using System.Text.Json;
using SkiaSharp;
using ZsMlc.MicroModels.Files;
using ZsMlc.MicroModels.World;

namespace ZsMlc.MicroModels;

/// <summary>Draws a part of the labelled set to files.</summary>
internal static class PictureFolder
{
    public static LabelledPictures Ensure(string root, TargetSplit split)
    {
        var name = split.ToString().ToLowerInvariant();
        var folder = Path.Combine(root, $"pictures-{name}");
        AtomicFolder.Ensure(folder, temporary => Draw(split, temporary));
        return new LabelledPictures(Path.Combine(folder, "images"), Path.Combine(folder, "annotations.json"));
    }

    private static void Draw(TargetSplit split, string folder)
    {
        const int side = SceneRenderer.PictureSide;
        var images = Directory.CreateDirectory(Path.Combine(folder, "images")).FullName;
        var imageRows = new List<object>();
        var annotationRows = new List<object>();
        for (var i = 0; i < TargetSet.Count(split); i++)
        {
            var scene = TargetSet.Picture(split, i);
            var file = $"{i:D5}.png";
            WritePng(Path.Combine(images, file), SceneRenderer.Render(scene));
            imageRows.Add(new { id = i, file_name = file, width = side, height = side });
            foreach (var item in scene.Objects)
            {
                var box = new[] { (item.X - item.Size / 2) * side, (item.Y - item.Size / 2) * side, item.Size * side, item.Size * side };
                annotationRows.Add(new
                {
                    id = annotationRows.Count + 1,
                    image_id = i,
                    category_id = WorldLabels.IndexOf(item.Label) + 1,
                    bbox = box.Select(v => Math.Round(v, 2)),
                    area = Math.Round(box[2] * box[3], 2),
                    iscrowd = 0,
                });
            }
        }

        var categories = WorldLabels.All.Select((label, c) => new { id = c + 1, name = label });
        using var json = File.Create(Path.Combine(folder, "annotations.json"));
        JsonSerializer.Serialize(json, new { images = imageRows, annotations = annotationRows, categories });
    }

    private static void WritePng(string path, byte[] rgb)
    {
        const int side = SceneRenderer.PictureSide;
        var pixels = new byte[side * side * 4];
        for (var i = 0; i < side * side; i++)
        {
            (pixels[i * 4], pixels[i * 4 + 1], pixels[i * 4 + 2], pixels[i * 4 + 3]) = (rgb[i * 3], rgb[i * 3 + 1], rgb[i * 3 + 2], 255);
        }

        using var bitmap = new SKBitmap(new SKImageInfo(side, side, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Marshal.Copy(pixels, 0, bitmap.GetPixels(), pixels.Length);
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        using var file = File.Create(path);
        data.SaveTo(file);
    }
}
