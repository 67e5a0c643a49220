using System.Text.Json;

namespace ZsMlc.Torch.Clip;

/// <summary>Sizes out of a JSON configuration.</summary>
internal static class ConfigElement
{
    /// <summary>A size of 1 or more; <paramref name="otherwise"/> where the entry is absent, unless that is null.</summary>
    public static int Size(this JsonElement element, string name, int? otherwise = null)
    {
        if (!element.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return otherwise ?? throw new KeyNotFoundException($"'{name}' is missing.");
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var size) && size > 0
            ? size
            : throw new FormatException($"'{name}' is {value.GetRawText()}; expected a whole number of 1 or more.");
    }

    /// <summary>An object inside, empty where it is absent.</summary>
    public static JsonElement Part(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var part) && part.ValueKind == JsonValueKind.Object ? part : JsonElement.Parse("{}");

    /// <summary>A text, or null where it is absent.</summary>
    public static string? Text(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
