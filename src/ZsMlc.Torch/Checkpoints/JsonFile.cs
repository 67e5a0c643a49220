using System.Text.Json;

namespace ZsMlc.Torch.Checkpoints;

/// <summary>
/// Reads JSON files of other programs' making. Python writes the numbers NaN, Infinity and -Infinity as bare words, which
/// JSON does not know: they are read as the texts by which <see cref="System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals"/>
/// knows them. A name that stands twice in an object is refused, since readers differ in which one they take.
/// </summary>
internal static class JsonFile
{
    private static readonly JsonDocumentOptions s_options = new() { AllowDuplicateProperties = false };

    /// <summary>Reads a file, and names it in whatever is wrong with it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What it should be, with its article, for messages.</param>
    /// <param name="read">Takes the values out of the whole.</param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="CheckpointFormatException">It is a Git LFS pointer, is too long, or holds something else.</exception>
    public static T Read<T>(string path, string what, Func<JsonElement, T> read) => Read(path, SmallFile.Read(path), what, read);

    /// <summary>Reads the contents of a file.</summary>
    /// <inheritdoc cref="Read{T}(string, string, Func{JsonElement, T})"/>
    public static T Read<T>(string path, ReadOnlySpan<byte> contents, string what, Func<JsonElement, T> read)
    {
        try
        {
            using var document = Parse(contents);
            return read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new CheckpointFormatException(path, $"not {what}: {e.Message}", e);
        }
    }

    /// <summary>Reads the text of such a file.</summary>
    /// <exception cref="JsonException">It is not JSON, even with Python's numbers, or a name stands twice in an object.</exception>
    internal static JsonDocument Parse(ReadOnlySpan<byte> json)
    {
        var mark = "\uFEFF"u8;
        return JsonDocument.Parse(QuoteNonFinite(json.StartsWith(mark) ? json[mark.Length..] : json), s_options);
    }

    private static byte[] QuoteNonFinite(ReadOnlySpan<byte> json)
    {
        if (json.IndexOf("NaN"u8) < 0 && json.IndexOf("Infinity"u8) < 0)
        {
            return json.ToArray();
        }

        List<byte> quoted = new(json.Length + 16);
        var inText = false;
        for (var i = 0; i < json.Length;)
        {
            var word = inText ? 0 : NonFiniteLength(json[i..]);
            if (word > 0)
            {
                quoted.Add((byte)'"');
                quoted.AddRange(json.Slice(i, word));
                quoted.Add((byte)'"');
                i += word;
                continue;
            }

            // An escaped character of a text, which may be a quote, is no end of it.
            var length = inText && json[i] == '\\' && i + 1 < json.Length ? 2 : 1;
            inText ^= json[i] == '"';
            quoted.AddRange(json.Slice(i, length));
            i += length;
        }

        return [.. quoted];
    }

    private static int NonFiniteLength(ReadOnlySpan<byte> json) =>
        json.StartsWith("NaN"u8) ? 3 : json.StartsWith("Infinity"u8) ? 8 : json.StartsWith("-Infinity"u8) ? 9 : 0;
}
