using System.Text.Json;
using System.Text.Json.Nodes;

namespace ZsMlc.Samples.TagImages.Bulk;

/// <summary>What every part of a work depends on. It is written down, so that a rerun with something else is refused.</summary>
internal sealed record TaggingJob
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>SHA-256 of the model file.</summary>
    public required string Model { get; init; }

    /// <summary>Full path of the folder of pictures.</summary>
    public required string Folder { get; init; }

    public required int Pictures { get; init; }

    public required int PassedOver { get; init; }

    /// <summary>SHA-256 of the list of pictures.</summary>
    public required string List { get; init; }

    public required int PartSize { get; init; }

    public required int Top { get; init; }

    public required float? Threshold { get; init; }

    public required long MaximumPixels { get; init; }

    /// <summary>Number of parts.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public int Parts => (Pictures + PartSize - 1) / PartSize;

    /// <summary>Reads the job of a folder of parts.</summary>
    /// <exception cref="InvalidDataException">There is none, or it is damaged.</exception>
    public static TaggingJob Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<TaggingJob>(File.ReadAllText(file), s_options) is { PartSize: > 0 } job ? job : throw new JsonException("it has no size of parts.");
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidDataException($"{file} is not the description of a tagging work: {e.Message}", e);
        }
    }

    /// <summary>Writes the job down.</summary>
    public void Write(string file) => WholeFile.Write(file, stream => JsonSerializer.Serialize(stream, this, s_options));

    /// <summary>A sentence for each value in which two jobs differ.</summary>
    public IEnumerable<string> DifferencesFrom(TaggingJob other)
    {
        // What is passed over changes no result; the parts themselves may lie in the folder.
        var (mine, theirs) = (Values(this with { PassedOver = other.PassedOver }), Values(other));
        return mine.Where(v => !JsonNode.DeepEquals(v.Value, theirs[v.Key])).Select(v => $"{v.Key} is {theirs[v.Key]} there and {v.Value} now");

        static JsonObject Values(TaggingJob job) => JsonSerializer.SerializeToNode(job, s_options)!.AsObject();
    }
}
