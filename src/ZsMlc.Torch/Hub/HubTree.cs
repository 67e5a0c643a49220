using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ZsMlc.Torch.Hub;

/// <summary>The files of a commit with their sizes and hashes; in the cache, <c>trees/COMMIT.json</c>.</summary>
/// <param name="FormatVersion">Version of the file's form.</param>
/// <param name="Files">By path.</param>
internal sealed record HubTree([property: JsonRequired] int FormatVersion, [property: JsonRequired] IReadOnlyDictionary<string, HubTree.Entry> Files)
{
    public const int Format = 1;

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true, IndentSize = 1, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Reads the file, or returns null where there is none, or one of another form: it only saves questions to the hub.</summary>
    public static HubTree? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<HubTree>(File.ReadAllBytes(path), s_json) is { FormatVersion: Format, Files: not null } tree && tree.Files.Values.All(f => f is not null) ? tree : null;
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The file's contents.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, s_json);

    /// <summary>One file.</summary>
    /// <param name="Size">Length in bytes.</param>
    /// <param name="BlobId">Git's hash of the file, or of the pointer that stands for a large one.</param>
    /// <param name="LfsSha256">SHA-256 of a large file.</param>
    /// <param name="LfsSize">Length of a large file.</param>
    internal sealed record Entry(long Size, string? BlobId, [property: JsonPropertyName("lfs_sha256")] string? LfsSha256 = null, long? LfsSize = null);
}
