using System.Text.Json;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Checkpoints;

/// <summary>
/// The header of a safetensors file: eight bytes of little-endian length, then JSON that gives each tensor's type, shape
/// and byte range. See https://github.com/huggingface/safetensors.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>Longest header accepted, the limit of the format's reference reader.</summary>
    public const long MaxLength = 100_000_000;

    /// <summary>Name of the tensor that holds the SHA-256 of all bytes before it, in files that have one.</summary>
    public const string ChecksumName = "sha256";

    private static readonly Dictionary<string, (ScalarType Type, int Size)> s_types = new()
    {
        ["F64"] = (ScalarType.Float64, 8), ["F32"] = (ScalarType.Float32, 4), ["F16"] = (ScalarType.Float16, 2),
        ["BF16"] = (ScalarType.BFloat16, 2), ["I64"] = (ScalarType.Int64, 8), ["I32"] = (ScalarType.Int32, 4),
        ["I16"] = (ScalarType.Int16, 2), ["I8"] = (ScalarType.Int8, 1), ["U8"] = (ScalarType.Byte, 1),
        ["BOOL"] = (ScalarType.Bool, 1),
    };

    private SafetensorsHeader(long dataStart, Dictionary<string, Entry> entries, Dictionary<string, string> metadata) =>
        (DataStart, Entries, Metadata) = (dataStart, entries, metadata);

    /// <summary>Gets the type and shape of the checksum.</summary>
    public static TensorInfo ChecksumInfo { get; } = new(ScalarType.Byte, [32]);

    /// <summary>A tensor and its absolute byte range in the file.</summary>
    public sealed record Entry(TensorInfo Info, long Offset, long Length);

    public long DataStart { get; }

    public IReadOnlyDictionary<string, Entry> Entries { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The name of a type in the format.</summary>
    public static string TypeName(ScalarType type) =>
        s_types.FirstOrDefault(t => t.Value.Type == type).Key ?? throw new NotSupportedException($"Tensors of type {type} cannot be stored in safetensors.");

    /// <summary>Checks and reads a header.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="json">The JSON text.</param>
    /// <param name="fileLength">Length of the whole file in bytes.</param>
    public static SafetensorsHeader Parse(string path, ReadOnlyMemory<byte> json, long fileLength)
    {
        var dataStart = 8 + json.Length;
        Dictionary<string, Entry> entries = [];
        Dictionary<string, string> metadata = [];
        try
        {
            using var document = JsonDocument.Parse(json);
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (property.Name == "__metadata__")
                {
                    metadata = property.Value.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString() ?? "");
                }
                else if (!entries.TryAdd(property.Name, ReadEntry(path, property, dataStart, fileLength)))
                {
                    throw new CheckpointFormatException(path, $"the header names tensor '{property.Name}' twice.");
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or ArgumentException)
        {
            throw new CheckpointFormatException(path, $"the safetensors header is not the expected JSON: {e.Message}", e);
        }

        CheckOverlaps(path, entries);
        return new(dataStart, entries, metadata);
    }

    private static Entry ReadEntry(string path, JsonProperty property, long dataStart, long fileLength)
    {
        var name = property.Name;
        var typeName = property.Value.GetProperty("dtype").GetString() ?? "";
        if (!s_types.TryGetValue(typeName, out var type))
        {
            throw new CheckpointFormatException(path, $"tensor '{name}' has type '{typeName}'; expected one of {string.Join(", ", s_types.Keys)}.");
        }

        var shape = property.Value.GetProperty("shape").EnumerateArray().Select(s => s.GetInt64()).ToArray();
        var range = property.Value.GetProperty("data_offsets").EnumerateArray().Select(s => s.GetInt64()).ToArray();
        if (range.Length != 2 || shape.Any(s => s < 0) || range[0] < 0 || range[1] < range[0])
        {
            throw new CheckpointFormatException(path, $"tensor '{name}' has shape [{string.Join(", ", shape)}] and byte range [{string.Join(", ", range)}]; expected sizes of 0 or more and a rising pair.");
        }

        var info = new TensorInfo(type.Type, shape);
        var length = range[1] - range[0];
        long expected;
        try
        {
            expected = checked(info.Count * type.Size);
        }
        catch (OverflowException e)
        {
            throw new CheckpointFormatException(path, $"tensor '{name}' is impossibly large: {info}.", e);
        }

        if (length != expected)
        {
            throw new CheckpointFormatException(path, $"tensor '{name}' ({typeName} [{string.Join(", ", shape)}]) takes {length} bytes; expected {expected}.");
        }

        if (range[1] > fileLength - dataStart)
        {
            throw new CheckpointFormatException(path, $"tensor '{name}' ends at byte {range[1]} of the data, but the file holds only {fileLength - dataStart}: it is cut short.");
        }

        return new(info, dataStart + range[0], length);
    }

    private static void CheckOverlaps(string path, Dictionary<string, Entry> entries)
    {
        long end = 0;
        string? previous = null;
        foreach (var (name, entry) in entries.Where(e => e.Value.Length > 0).OrderBy(e => e.Value.Offset))
        {
            if (previous is not null && entry.Offset < end)
            {
                throw new CheckpointFormatException(path, $"tensors '{previous}' and '{name}' overlap in the file.");
            }

            (previous, end) = (name, entry.Offset + entry.Length);
        }
    }
}
