using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ZsMlc.MLNet.SyntheticData.Store;

/// <summary>Everything that the images of a store depend on, by name: options, and fingerprints of files and services.</summary>
internal sealed class StoreIdentity
{
    private const string Format = "synthetic-images/1";

    private readonly JsonObject options = [];
    private IReadOnlyList<string> candidates = [];

    /// <summary>Short name of the identity, as records state it: the start of its SHA-256.</summary>
    public string Id => Convert.ToHexStringLower(SHA256.HashData(ToBytes()))[..16];

    /// <summary>Adds a value.</summary>
    /// <param name="name">Name of the option, as a message is to state it.</param>
    /// <param name="value">Anything that JSON can hold; equal values must give equal JSON.</param>
    public StoreIdentity Add<T>(string name, T value)
    {
        options.Add(name, JsonSerializer.SerializeToNode(value, StoreJson.Options));
        return this;
    }

    /// <summary>Names the labels that the recorded scores are about.</summary>
    public StoreIdentity WithCandidates(IReadOnlyList<string> labels)
    {
        candidates = labels;
        return this;
    }

    /// <summary>The identity as a file.</summary>
    public byte[] ToBytes() => StoreJson.Indented(new JsonObject
    {
        ["format"] = Format,
        ["options"] = options.DeepClone(),
        ["candidates"] = JsonSerializer.SerializeToNode(candidates, StoreJson.Options),
    });

    /// <summary>Compares with the identity in a file.</summary>
    /// <returns>A line for each value that differs; <see langword="null"/> when the file cannot be read as an identity.</returns>
    public IReadOnlyList<string>? DifferencesFrom(byte[] file)
    {
        try
        {
            // A name that stands twice would leave it open which value counts.
            return JsonNode.Parse(file, documentOptions: new() { AllowDuplicateProperties = false }) is JsonObject other && other["options"] is JsonObject theirs
                ? DifferencesFrom(file, other, theirs)
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Half of a surrogate pair is JSON, but no text.
            return null;
        }
    }

    private List<string> DifferencesFrom(byte[] file, JsonObject other, JsonObject theirs)
    {
        var names = options.Select(o => o.Key).Union(theirs.Select(o => o.Key));
        List<string> differences = [.. names
            .Where(name => options.ContainsKey(name) != theirs.ContainsKey(name) || !JsonNode.DeepEquals(options[name], theirs[name]))
            .Select(name => $"{name} is {Show(theirs, name)} in the store and {Show(options, name)} now")];
        return differences.Count > 0 || ToBytes().AsSpan().SequenceEqual(file) ? differences : [$"format is {other["format"]} in the store and {Format} now, or the judged labels differ"];
    }

    private static string Show(JsonObject values, string name)
    {
        if (!values.TryGetPropertyValue(name, out var value))
        {
            return "not stated";
        }

        var text = value is null ? "none" : value.ToJsonString(StoreJson.Options);
        return text.Length <= 80 ? text : text[..77] + "...";
    }
}
