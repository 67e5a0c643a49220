using System.Text.Json;
using System.Text.Json.Serialization;

namespace ZsMlc.Samples.ZeroShotCoco;

/// <summary>Small records in files that are there as a whole or not at all.</summary>
internal static class JsonFile
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter() },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public static T Read<T>(string path) =>
        JsonSerializer.Deserialize<T>(File.ReadAllText(path), s_options) ?? throw new InvalidDataException($"{path} is empty.");

    public static void Write<T>(string path, T value)
    {
        var temporary = $"{path}.{Guid.NewGuid():n}.tmp";
        File.WriteAllText(temporary, JsonSerializer.Serialize(value, s_options));
        File.Move(temporary, path, overwrite: true);
    }
}
