using System.Text.Json;
using SkiaSharp;

namespace ZsMlc.Samples.Tests.ZeroShotCoco;

/// <summary>A folder of photos with COCO annotations: the one of ZSMLC_TEST_DATA, or else a small drawn one.</summary>
internal sealed record CocoLayout(string Annotations, string Images, string? Labels)
{
    /// <summary>Categories of COCO that many of the photos show, and two that the micro models can draw.</summary>
    private static readonly string[] s_seen = ["person", "car", "chair", "bottle", "bowl", "book", "bicycle", "horse"], s_unseen = ["dog", "cup"];

    public static CocoLayout Ensure(string folder)
    {
        if (Environment.GetEnvironmentVariable("ZSMLC_TEST_DATA") is { Length: > 0 } data)
        {
            var labels = Path.Combine(folder, "labels.json");
            File.WriteAllText(labels, JsonSerializer.Serialize(new { seen = s_seen, unseen = s_unseen }));
            return new(Path.Combine(data, "coco128", "instances_train2017.json"), Path.Combine(data, "coco128", "train2017"), labels);
        }

        return Draw(folder);
    }

    /// <summary>Twelve pictures; every third shows a dog or a cup, which are the unseen labels, beside a car or a pizza.</summary>
    public static CocoLayout Draw(string folder)
    {
        string[] names = ["car", "pizza", "dog", "cup"];
        var images = Directory.CreateDirectory(Path.Combine(folder, "photos")).FullName;
        var (rows, annotations) = (new List<object>(), new List<object>());
        for (var i = 0; i < 12; i++)
        {
            File.WriteAllBytes(Path.Combine(images, $"{i}.jpg"), Pictures.Draw(SKColor.FromHsv(i * 30, 50, 90), SKColor.FromHsv(i * 70 % 360, 80, 60), 48, SKEncodedImageFormat.Jpeg));
            rows.Add(new { id = 100 + i, file_name = $"{i}.jpg", width = 48, height = 48 });
            int[] categories = i % 3 == 2 ? [1 + (i % 2), 3 + (i / 3 % 2)] : i % 3 == 1 ? [1, 2] : [1 + (i % 2)];
            foreach (var category in categories)
            {
                annotations.Add(new { id = annotations.Count + 1, image_id = 100 + i, category_id = category, bbox = new[] { 4, 4, 20, 20 }, area = 400, iscrowd = 0, segmentation = Array.Empty<int>() });
            }
        }

        var path = Path.Combine(folder, "instances.json");
        File.WriteAllText(path, JsonSerializer.Serialize(new { images = rows, annotations, categories = names.Select((name, i) => new { id = i + 1, name }) }));
        var labels = Path.Combine(folder, "labels.json");
        File.WriteAllText(labels, """{ "seen": ["car", "pizza"], "unseen": ["dog", "cup"] }""");
        return new(path, images, labels);
    }
}
