using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace ZsMlc.MLNet.SyntheticData.Store;

/// <summary>How the store writes JSON: the same bytes for the same values, everywhere.</summary>
internal static class StoreJson
{
    private static readonly JsonSerializerOptions s_indented;

    static StoreJson()
    {
        Options = new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        s_indented = new(Options) { WriteIndented = true, NewLine = "\n" };
    }

    public static JsonSerializerOptions Options { get; }

    /// <summary>Options of a writer that gives the same text.</summary>
    public static JsonWriterOptions Writer => new() { Encoder = Options.Encoder };

    /// <summary>For files that people read.</summary>
    public static byte[] Indented(JsonNode node) => [.. JsonSerializer.SerializeToUtf8Bytes(node, s_indented), (byte)'\n'];
}
