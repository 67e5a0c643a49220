using System.Text.Json;
using System.Text.Json.Nodes;

namespace ZsMlc.Torch.Diffusion.Configuration;

/// <summary>Settings of a foreign configuration that this library knows with a few values only: any other one is refused by name.</summary>
internal static class FixedSettings
{
    /// <summary>Throws when a setting has another value than those it is known with; null stands for the default.</summary>
    /// <param name="owner">What is configured, for the message.</param>
    /// <param name="settings">The settings that the configuration's record does not name.</param>
    /// <param name="known">Names and their known values, as JSON.</param>
    /// <exception cref="NotSupportedException">The message names the setting, its value and the known ones.</exception>
    public static void Check(string owner, IReadOnlyDictionary<string, JsonElement>? settings, params IEnumerable<(string Name, string[] Values)> known)
    {
        foreach (var (name, values) in known)
        {
            if (settings is not null && settings.TryGetValue(name, out var found) && found.ValueKind != JsonValueKind.Null && !values.Any(v => Same(found, v)))
            {
                throw new NotSupportedException($"{owner}: the setting {name} = {found.GetRawText()} is not supported; expected {(values.Length == 0 ? "null" : string.Join(" or ", values))}.");
            }
        }
    }

    /// <summary>Throws when a number of groups or heads does not divide what it splits: kernels would find that later, or never.</summary>
    /// <param name="owner">What is configured, for the message.</param>
    /// <param name="name">The setting.</param>
    /// <param name="parts">Its value.</param>
    /// <param name="widths">The channels that are split.</param>
    /// <exception cref="NotSupportedException">The message names the setting, its value and what it should divide.</exception>
    public static void CheckDivides(string owner, string name, int parts, params IReadOnlyCollection<int> widths)
    {
        if (parts < 1 || widths.Any(w => w % parts != 0))
        {
            throw new NotSupportedException($"{owner}: the setting {name} = {parts} is not supported; expected a divisor of {string.Join(", ", widths)}.");
        }
    }

    /// <summary>Makes or checks something, and names its file in the refusal of a setting.</summary>
    /// <exception cref="NotSupportedException">The message names the file and the setting.</exception>
    public static T InFile<T>(string path, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (NotSupportedException e)
        {
            throw new NotSupportedException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Adds settings to a written configuration, at the values that readers elsewhere would take for them as well.</summary>
    /// <param name="written">The configuration; settings that it has stay as they are.</param>
    /// <param name="known">Names and their known values, of which the first is written; null where there is none.</param>
    public static void AddTo(JsonObject written, params IEnumerable<(string Name, string[] Values)> known)
    {
        foreach (var (name, values) in known.Where(k => !written.ContainsKey(k.Name)))
        {
            written[name] = values.Length == 0 ? null : JsonNode.Parse(values[0]);
        }
    }

    private static bool Same(JsonElement found, string value)
    {
        using var expected = JsonDocument.Parse(value);
        return JsonElement.DeepEquals(found, expected.RootElement);
    }
}
