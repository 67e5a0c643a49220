using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ZsMlc.MLNet.Datasets;

/// <summary>An id in a COCO file: a whole number, also written as <c>12.0</c> or <c>"12"</c>, or another text.</summary>
/// <param name="Number">The number; 0 for a text.</param>
/// <param name="Text">A text that is no number, or <see langword="null"/>.</param>
[JsonConverter(typeof(Converter))]
internal readonly record struct CocoId(long Number, string? Text)
{
    /// <inheritdoc/>
    public override string ToString() => Text ?? Number.ToString(CultureInfo.InvariantCulture);

    private sealed class Converter : JsonConverter<CocoId>
    {
        // Beyond it, neighbouring whole numbers are one and the same double.
        private const double MostExact = 1L << 53;

        public override CocoId Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => reader.TokenType switch
        {
            JsonTokenType.Number when reader.TryGetInt64(out var number) => new(number, null),
            JsonTokenType.Number when reader.GetDouble() is var number && number == Math.Truncate(number) && Math.Abs(number) < MostExact => new((long)number, null),
            JsonTokenType.String when reader.GetString() is { Length: > 0 } text =>
                long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? new(number, null) : new(0, text),
            _ => throw new JsonException("An id is a whole number or a text."),
        };

        public override void Write(Utf8JsonWriter writer, CocoId value, JsonSerializerOptions options) => throw new NotSupportedException();
    }
}
