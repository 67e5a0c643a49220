using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ZsMlc.Benchmarks.AcceptedImages;

/// <summary>Results in files that are named by all that they depend on, so that a run that was stopped goes on.</summary>
/// <param name="folder">Folder of the files.</param>
/// <param name="basis">What every result depends on.</param>
internal sealed class Kept(string folder, string basis)
{
    private static readonly JsonSerializerOptions s_json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>The result, made now where there is none.</summary>
    /// <param name="dependsOn">What tells it from other results of its type.</param>
    /// <param name="make">Makes it.</param>
    public T Get<T>(object dependsOn, Func<T> make)
    {
        var path = PathOf($"{typeof(T).Name}.json", dependsOn);
        if (!File.Exists(path))
        {
            File.WriteAllText(path + ".tmp", JsonSerializer.Serialize(make(), s_json));
            File.Move(path + ".tmp", path, overwrite: true);
        }

        return JsonSerializer.Deserialize<T>(File.ReadAllText(path), s_json)!;
    }

    /// <summary>A path in the folder for something that depends on something.</summary>
    public string PathOf(string name, object dependsOn)
    {
        Directory.CreateDirectory(folder);
        var id = SHA256.HashData(Encoding.UTF8.GetBytes(basis + JsonSerializer.Serialize(dependsOn, s_json)));
        return Path.Combine(folder, $"{Convert.ToHexStringLower(id)[..12]}-{name}");
    }
}
