using System.Text.Json;
using System.Text.Json.Serialization;

namespace ZsMlc.Samples.ZeroShotCoco.Data;

/// <summary>The parts of a COCO annotation file that a multi-label task needs; outlines are skipped while reading.</summary>
internal sealed record CocoFile(
    [property: JsonPropertyName("images")] IReadOnlyList<CocoImage> Images,
    [property: JsonPropertyName("annotations")] IReadOnlyList<CocoAnnotation> Annotations,
    [property: JsonPropertyName("categories")] IReadOnlyList<CocoCategory> Categories)
{
    public static CocoFile Read(string path)
    {
        using var stream = File.OpenRead(path);
        var file = JsonSerializer.Deserialize<CocoFile>(stream);
        return file is { Images: not null, Annotations: not null, Categories: not null }
            ? file
            : throw new InvalidDataException($"{path} is not a COCO annotation file: it lacks images, annotations or categories.");
    }

    public void Write(string path)
    {
        var temporary = path + ".tmp";
        using (var stream = File.Create(temporary))
        {
            JsonSerializer.Serialize(stream, this);
        }

        File.Move(temporary, path, overwrite: true);
    }
}

internal sealed record CocoImage(
    [property: JsonPropertyName("id")] long Id,
    [property: JsonPropertyName("file_name")] string FileName,
    [property: JsonPropertyName("width")] int Width,
    [property: JsonPropertyName("height")] int Height);

internal sealed record CocoAnnotation(
    [property: JsonPropertyName("id")] long Id,
    [property: JsonPropertyName("image_id")] long ImageId,
    [property: JsonPropertyName("category_id")] int CategoryId,
    [property: JsonPropertyName("bbox")] IReadOnlyList<double>? Box,
    [property: JsonPropertyName("area")] double Area,
    [property: JsonPropertyName("iscrowd")] int IsCrowd);

internal sealed record CocoCategory(
    [property: JsonPropertyName("id")] int Id,
    [property: JsonPropertyName("name")] string Name);
