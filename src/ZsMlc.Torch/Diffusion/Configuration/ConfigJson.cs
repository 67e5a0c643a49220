using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.Torch.Diffusion.Configuration;

/// <summary>Reads and writes the JSON configurations of a diffusers folder.</summary>
internal static class ConfigJson
{
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new IntOrListConverter() },
    };

    /// <summary>Reads a configuration; a value of the wrong kind is reported with the file's name.</summary>
    public static T Read<T>(string path) => Read<T>(path, null);

    /// <summary>Reads a configuration.</summary>
    /// <param name="path">The file.</param>
    /// <param name="missing">Values for settings that the file lacks, or null.</param>
    public static T Read<T>(string path, JsonObject? missing)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"The configuration {path} does not exist.", path);
        }

        return JsonFile.Read(path, $"a configuration of a {typeof(T).Name}", root =>
        {
            var config = JsonSerializer.Deserialize<T>(Complete(root, typeof(T), missing), Options)!;
            CheckNumbers(config);
            return config;
        });
    }

    /// <summary>Numbers that no network or sampler has would otherwise be found by native code, or fill the memory.</summary>
    private static void CheckNumbers(object config)
    {
        foreach (var property in config.GetType().GetProperties().Where(p => p is { CanRead: true, CanWrite: true } && p.GetIndexParameters().Length == 0))
        {
            IReadOnlyList<double> values = property.GetValue(config) switch
            {
                int value => [value],
                double value => [value],
                IntOrList list => [.. list.Values.Select(v => (double)v)],
                IReadOnlyList<int> list => [.. list.Select(v => (double)v)],
                IReadOnlyList<string> list => list.Contains(null!) ? throw new JsonException($"{SettingName(property.Name)} holds null.") : [1],
                _ => [1],
            };
            var whole = (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) != typeof(double);
            var least = property.GetCustomAttribute<RangeAttribute>()?.Minimum is int minimum ? minimum : whole ? 1 : 0;
            var most = property.Name.Contains("Layers", StringComparison.Ordinal) ? 1000 : 1e6;
            if (values.Count == 0 || values.Any(v => !(v >= least && v <= most)))
            {
                throw new JsonException($"{SettingName(property.Name)} is {string.Join(", ", values)}; expected {(whole ? "whole numbers" : "a number")} from {least} to {most}.");
            }
        }
    }

    private static string SettingName(string property) => JsonNamingPolicy.SnakeCaseLower.ConvertName(property);

    /// <summary>Writes a configuration with the settings that it does not name: readers elsewhere have defaults of their own.</summary>
    public static void Write(string path, object config, IEnumerable<(string Name, string[] Values)> others)
    {
        var written = JsonSerializer.SerializeToNode(config, config.GetType(), Options)!.AsObject();
        FixedSettings.AddTo(written, others);
        Write(path, written.OrderBy(s => s.Key, StringComparer.Ordinal).ToDictionary());
    }

    public static void Write<T>(string path, T value) => AtomicFile.WriteText(path, JsonSerializer.Serialize(value, Options) + "\n");

    // A null in these files means "the default", so it must not overwrite ours; but where ours is written as null, null is a value.
    private static JsonObject Complete(JsonElement root, Type type, JsonObject? missing)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("expected an object.");
        }

        var nullable = type.GetProperties()
            .Where(p => p.GetCustomAttribute<JsonIgnoreAttribute>()?.Condition == JsonIgnoreCondition.Never).Select(p => SettingName(p.Name)).ToHashSet();
        var found = new JsonObject(root.EnumerateObject()
            .Where(p => p.Value.ValueKind != JsonValueKind.Null || nullable.Contains(p.Name)).Select(p => KeyValuePair.Create<string, JsonNode?>(p.Name, JsonNode.Parse(p.Value.GetRawText()))));
        foreach (var (name, value) in missing ?? [])
        {
            if (value is not null && !found.ContainsKey(name))
            {
                found[name] = value.DeepClone();
            }
        }

        return found;
    }

    private sealed class IntOrListConverter : JsonConverter<IntOrList>
    {
        public override IntOrList Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType == JsonTokenType.Number)
            {
                return new([reader.GetInt32()]);
            }

            return new(JsonSerializer.Deserialize<int[]>(ref reader) ?? throw new JsonException("expected a number or a list of numbers."));
        }

        public override void Write(Utf8JsonWriter writer, IntOrList value, JsonSerializerOptions options)
        {
            if (value.Values.Count == 1)
            {
                writer.WriteNumberValue(value.Values[0]);
                return;
            }

            JsonSerializer.Serialize(writer, value.Values);
        }
    }
}
