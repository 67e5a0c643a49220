using System.Text.Json;

namespace ZsMlc.Torch.Clip;

/// <summary>Settings of foreign configurations for which CLIP's towers here have one value: any other is refused by name, never passed over.</summary>
internal static class FixedSettings
{
    /// <summary>Throws unless every setting is absent, null, or the value that is computed with.</summary>
    /// <param name="part">The object that holds the settings.</param>
    /// <param name="name">What the object is called, for messages.</param>
    /// <param name="settings">Names and accepted values, as JSON.</param>
    /// <exception cref="FormatException">A setting has another value; the message names it.</exception>
    public static void Require(JsonElement part, string name, params (string Setting, string Accepted)[] settings)
    {
        foreach (var (setting, accepted) in settings)
        {
            if (part.TryGetProperty(setting, out var value) && value.ValueKind != JsonValueKind.Null && !Equal(value, JsonElement.Parse(accepted)))
            {
                throw new FormatException($"'{name}.{setting}' is {value.GetRawText()}; supported is {accepted}.");
            }
        }
    }

    // Floating-point settings pass through several writers: 1e-05, 0.00001 and 1/255 with any number of digits are meant.
    private static bool Equal(JsonElement value, JsonElement accepted) => value.ValueKind == JsonValueKind.Number && accepted.ValueKind == JsonValueKind.Number
        ? Math.Abs(value.GetDouble() - accepted.GetDouble()) <= 1e-6 * Math.Abs(accepted.GetDouble())
        : JsonElement.DeepEquals(value, accepted);
}
