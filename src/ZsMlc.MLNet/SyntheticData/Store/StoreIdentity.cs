using System.Text.Json;
using System.Text.Json.Nodes;

namespace ZsMlc.MLNet.SyntheticData.Store;

/// <summary>Everything that the images of a store depend on, by name: options, and fingerprints of files and services.</summary>
internal sealed class StoreIdentity
{
    private readonly List<KeyValuePair<string, JsonNode?>> values = [];

    /// <summary>Adds a value.</summary>
    /// <param name="name">Name of the option, as a message is to state it.</param>
    /// <param name="value">Anything that JSON can hold; equal values must give equal JSON.</param>
    public StoreIdentity Add<T>(string name, T value)
    {
        values.Add(new(name, JsonSerializer.SerializeToNode(value, StoreJson.Options)));
        return this;
    }
}
