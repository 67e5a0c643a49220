using System.Text.Json;
using System.Text.Json.Serialization;

namespace ZsMlc.MLNet.Datasets;

/// <summary>The part of a COCO instances file that tells which image has which labels. Boxes and outlines are skipped while reading.</summary>
internal sealed class CocoAnnotations
{
    [JsonPropertyName("images")]
    public List<Image>? Images { get; init; }

    [JsonPropertyName("annotations")]
    public List<Annotation>? Annotations { get; init; }

    [JsonPropertyName("categories")]
    public List<Category>? Categories { get; init; }

    /// <summary>Reads the rows of a file, in the order of its images, labels in the order of its categories.</summary>
    /// <exception cref="FormatException">The file is not COCO JSON, or refers to an image or a category that it does not list.</exception>
    public static List<ImageRow> Read(string path, string folder)
    {
        CocoAnnotations coco;
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            coco = JsonSerializer.Deserialize<CocoAnnotations>(stream) ?? throw new FormatException($"{path} is empty.");
        }
        catch (JsonException e)
        {
            throw new FormatException($"{path} is not a COCO annotation file: {e.Message}", e);
        }

        if (coco is not { Images: not null, Annotations: not null, Categories: not null })
        {
            throw new FormatException($"{path} is not a COCO annotation file: expected the members 'images', 'annotations' and 'categories'.");
        }

        Dictionary<long, (int Order, string Name)> categories = [];
        foreach (var category in coco.Categories)
        {
            if (category.Name is not { Length: > 0 } name || !categories.TryAdd(category.Id, (categories.Count, name)) || categories.Values.Count(c => c.Name == name) > 1)
            {
                throw new FormatException($"{path}: the category {category.Id} '{category.Name}' has no name, or its id or name occurs twice.");
            }
        }

        Dictionary<long, SortedSet<(int, string Name)>> labels = [];
        foreach (var image in coco.Images)
        {
            if (image.FileName is not { Length: > 0 } || !labels.TryAdd(image.Id, []))
            {
                throw new FormatException($"{path}: the image {image.Id} '{image.FileName}' has no file name, or its id occurs twice.");
            }
        }

        foreach (var annotation in coco.Annotations)
        {
            if (!labels.TryGetValue(annotation.ImageId, out var found) || !categories.TryGetValue(annotation.CategoryId, out var category))
            {
                throw new FormatException($"{path}: the annotation {annotation.Id} refers to the image {annotation.ImageId} and the category {annotation.CategoryId}, of which at least one is not listed.");
            }

            found.Add(category);
        }

        return [.. coco.Images.Select(i => new ImageRow(Path.Combine(folder, i.FileName!), [.. labels[i.Id].Select(c => c.Name)]))];
    }

    /// <summary>An image file.</summary>
    internal sealed record Image([property: JsonPropertyName("id")] long Id, [property: JsonPropertyName("file_name")] string? FileName);

    /// <summary>An object in an image.</summary>
    internal sealed record Annotation(
        [property: JsonPropertyName("id")] long Id,
        [property: JsonPropertyName("image_id")] long ImageId,
        [property: JsonPropertyName("category_id")] long CategoryId);

    /// <summary>A label.</summary>
    internal sealed record Category([property: JsonPropertyName("id")] long Id, [property: JsonPropertyName("name")] string? Name);
}
