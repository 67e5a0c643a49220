using System.Text.Json;
using System.Text.Json.Serialization;
using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.MLNet.Datasets;

/// <summary>The part of a COCO instances file that tells which image has which labels. Boxes, outlines and all else are skipped while reading.</summary>
internal sealed class CocoAnnotations
{
    // Readers differ in which of two members of one name they take.
    private static readonly JsonSerializerOptions s_options = new() { AllowDuplicateProperties = false };

    [JsonPropertyName("images")]
    public List<Image?>? Images { get; init; }

    [JsonPropertyName("annotations")]
    public List<Annotation?>? Annotations { get; init; }

    [JsonPropertyName("categories")]
    public List<Category?>? Categories { get; init; }

    /// <summary>Reads the rows of a file, in the order of its images, labels in the order of its categories.</summary>
    /// <exception cref="FormatException">The file is not COCO JSON, refers to an image or a category that it does not list, or names a file outside the folder. The message names the entry.</exception>
    public static List<ImageRow> Read(string path, string folder)
    {
        CocoAnnotations? coco;
        try
        {
            GitLfsPointer.Refuse(path);
            using var stream = new PythonJsonStream(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16));
            coco = JsonSerializer.Deserialize<CocoAnnotations>(stream, s_options);
        }
        catch (CheckpointFormatException e)
        {
            throw new FormatException(e.Message, e);
        }
        catch (JsonException e)
        {
            throw new FormatException($"{path} is not a COCO annotation file, at {e.Path}: {e.Message}", e);
        }

        if (coco is not { Images: { } images, Annotations: { } annotations, Categories: { } categories })
        {
            throw new FormatException($"{path} is not a COCO annotation file: expected the members 'images', 'annotations' and 'categories'.");
        }

        var used = annotations.Select(a => a?.CategoryId).OfType<CocoId>().ToHashSet();
        var labels = new CocoLabels(path, images, LabelsOf(path, categories, used));
        for (var i = 0; i < annotations.Count; i++)
        {
            labels.Add(i, annotations[i]);
        }

        return [.. images.Select((image, i) => new ImageRow(PathOf(path, folder, i, image!), labels.Of(image!)))];
    }

    // A category that no object has is a heading, as some tools write it, and may be called like a label.
    private static Dictionary<CocoId, (int Order, string Name)> LabelsOf(string path, List<Category?> categories, HashSet<CocoId> used)
    {
        Dictionary<CocoId, (int, string)> labels = [];
        Dictionary<string, CocoId> ids = new(StringComparer.Ordinal);
        for (var i = 0; i < categories.Count; i++)
        {
            if (categories[i] is not { Id: { } id, Name: { Length: > 0 } name })
            {
                throw new FormatException($"{path}: categories[{i}] is {Show(categories[i])}; expected an id and a name.");
            }

            if (!labels.TryAdd(id, (i, name)))
            {
                throw new FormatException($"{path}: categories[{i}], '{name}', has the id {id}, which occurs twice.");
            }

            if (used.Contains(id) && !ids.TryAdd(name, id))
            {
                throw new FormatException($"{path}: the categories {ids[name]} and {id} (categories[{i}]) are both called '{name}', and both have objects.");
            }
        }

        return labels;
    }

    private static string PathOf(string path, string folder, int index, Image image) =>
        ListedPath.Within(folder, image.FileName!) ?? throw new FormatException($"{path}: images[{index}] has the file name '{image.FileName}', which leads out of the image folder; expected a path within it.");

    /// <summary>What an incomplete entry looks like, for messages.</summary>
    internal static string Show(object? entry) => entry is null ? "null" : "incomplete: " + entry switch
    {
        Image image => $"id {Known(image.Id)}, file_name {Known(image.FileName)}",
        Annotation annotation => $"image_id {Known(annotation.ImageId)}, category_id {Known(annotation.CategoryId)}",
        Category category => $"id {Known(category.Id)}, name {Known(category.Name)}",
        _ => entry.ToString(),
    };

    private static string Known(object? value) => value switch
    {
        null => "missing",
        "" => "empty",
        _ => $"'{value}'",
    };

    /// <summary>An image file.</summary>
    internal sealed record Image([property: JsonPropertyName("id")] CocoId? Id, [property: JsonPropertyName("file_name")] string? FileName);

    /// <summary>An object in an image. Its own id is of no use, so that it may be anything.</summary>
    internal sealed record Annotation([property: JsonPropertyName("image_id")] CocoId? ImageId, [property: JsonPropertyName("category_id")] CocoId? CategoryId);

    /// <summary>A label.</summary>
    internal sealed record Category([property: JsonPropertyName("id")] CocoId? Id, [property: JsonPropertyName("name")] string? Name);
}
