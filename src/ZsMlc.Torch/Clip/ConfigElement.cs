using System.Text.Json;

namespace ZsMlc.Torch.Clip;

/// <summary>Values out of a JSON configuration; one of another kind is refused by name.</summary>
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
        element.Value(name, "an object", JsonValueKind.Object) ?? JsonElement.Parse("{}");

    /// <summary>A text, or null where it is absent.</summary>
    public static string? Text(this JsonElement element, string name) => element.Value(name, "a text", JsonValueKind.String)?.GetString();

    /// <summary>A number, or null where it is absent.</summary>
    public static double? Number(this JsonElement element, string name) => element.Value(name, "a number", JsonValueKind.Number)?.GetDouble();

    /// <summary>Whether an entry is true; false where it is absent.</summary>
    public static bool Flag(this JsonElement element, string name) => element.Value(name, "true or false", JsonValueKind.True, JsonValueKind.False)?.GetBoolean() ?? false;

    private static JsonElement? Value(this JsonElement element, string name, string expected, params JsonValueKind[] kinds)
    {
        if (!element.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return kinds.Contains(value.ValueKind) ? value : throw new FormatException($"'{name}' is {value.GetRawText()}; expected {expected}.");
    }
}
