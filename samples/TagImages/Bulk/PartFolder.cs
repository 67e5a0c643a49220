using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace ZsMlc.Samples.TagImages.Bulk;

/// <summary>
/// A folder of parts: JSON lines, one a picture. A part's name holds the start of its SHA-256, so that a damaged one is
/// noticed without a second file; a part is written as a whole, so that a rerun goes on behind the last one.
/// </summary>
/// <param name="path">The folder.</param>
internal sealed class PartFolder(string path)
{
    private const int HashDigits = 16;

    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Where the job is described.</summary>
    public string Job => Path.Combine(path, "job.json");

    /// <summary>Where the pictures are listed.</summary>
    public string List => Path.Combine(path, "pictures.jsonl");

    /// <summary>One line of JSON, as parts and results have it.</summary>
    public static byte[] Line(TaggedPicture picture) => [.. JsonSerializer.SerializeToUtf8Bytes(picture, s_options), (byte)'\n'];

    /// <summary>Writes a part.</summary>
    public void Write(int part, IEnumerable<TaggedPicture> pictures)
    {
        using var content = new MemoryStream();
        foreach (var picture in pictures)
        {
            content.Write(Line(picture));
        }

        var bytes = content.ToArray();
        WholeFile.Write(Path.Combine(path, $"{Prefix(part)}{Hash(bytes)}.jsonl"), stream => stream.Write(bytes));
    }

    /// <summary>Reads a part.</summary>
    /// <param name="part">Its number, from 0.</param>
    /// <param name="files">The pictures that it is of.</param>
    /// <returns>Its lines; <see langword="null"/> where it is missing, damaged, or of other pictures.</returns>
    public IReadOnlyList<TaggedPicture>? Read(int part, IReadOnlyList<string> files) =>
        Directory.EnumerateFiles(path, $"{Prefix(part)}*.jsonl").Order(StringComparer.Ordinal).Select(file => ReadFile(file, files)).FirstOrDefault(lines => lines is not null);

    private static List<TaggedPicture>? ReadFile(string file, IReadOnlyList<string> files)
    {
        var bytes = File.ReadAllBytes(file);
        if (!Path.GetFileNameWithoutExtension(file).EndsWith(Hash(bytes), StringComparison.Ordinal))
        {
            return null;
        }

        using var reader = new StreamReader(new MemoryStream(bytes));
        List<TaggedPicture> lines = [];
        while (reader.ReadLine() is { } line)
        {
            lines.Add(JsonSerializer.Deserialize<TaggedPicture>(line, s_options)!);
        }

        return lines.Select(l => l.File).SequenceEqual(files) ? lines : null;
    }

    private static string Prefix(int part) => string.Create(CultureInfo.InvariantCulture, $"part-{part:000000}-");

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content))[..HashDigits];
}
