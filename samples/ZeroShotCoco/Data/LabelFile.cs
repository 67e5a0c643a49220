using System.Text.Json;

namespace ZsMlc.Samples.ZeroShotCoco.Data;

/// <summary>The seen and unseen labels: a JSON object with the name lists "seen" and "unseen".</summary>
internal sealed record LabelFile(IReadOnlyList<string> Seen, IReadOnlyList<string> Unseen)
{
    public static LabelFile Read(string path)
    {
        var labels = JsonSerializer.Deserialize<LabelFile>(File.ReadAllText(path), JsonSerializerOptions.Web);
        if (labels?.Seen is not { Count: > 0 } || labels.Unseen is not { Count: > 0 })
        {
            throw new InvalidDataException($"{path} needs two non-empty name lists, \"seen\" and \"unseen\".");
        }

        var both = labels.Seen.Intersect(labels.Unseen, StringComparer.Ordinal).FirstOrDefault();
        return both is null ? labels : throw new InvalidDataException($"{path} lists '{both}' as seen and as unseen.");
    }

    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, JsonSerializerOptions.Web));
}
