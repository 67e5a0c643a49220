using System.Text;
using System.Text.Json.Nodes;

namespace ZsMlc.MLNet;

/// <summary>Damages files as bad disks, other programs and attackers do. The same random numbers give the same damage.</summary>
internal static class Mutations
{
    // Texts that stand for something that a JSON writer would not write.
    private static readonly (string Mark, string Raw)[] s_raw =
    [
        ("\"@nan\"", "NaN"), ("\"@inf\"", "-Infinity"), ("\"@half\"", "\"\\ud83d\""), ("\"@huge\"", "1e999"), ("\"@long\"", "123456789012345678901234567890"),
        ("\"@deep\"", new string('[', 100) + new string(']', 100)), ("\"@float\"", "12.0"), ("\"@open\"", "{"),
    ];

    /// <summary>Bytes with bits flipped, parts cut out, repeated or overwritten.</summary>
    public static byte[] OfBytes(byte[] whole, Random random)
    {
        var bytes = whole.ToList();
        for (var n = random.Next(1, 4); n > 0 && bytes.Count > 1; n--)
        {
            var (at, length) = (random.Next(bytes.Count), random.Next(1, 9));
            length = Math.Min(length, bytes.Count - at);
            switch (random.Next(5))
            {
                case 0:
                    bytes.RemoveRange(at, length);
                    break;
                case 1:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 2:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 3:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                default:
                    bytes.RemoveRange(at, random.Next(4) == 0 ? bytes.Count - at : 0);
                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>JSON that is still JSON, or nearly, and no longer says what it said.</summary>
    public static string OfJson(string json, Random random)
    {
        var root = JsonNode.Parse(json)!;
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            var nodes = Containers(root).ToList();
            Mutate(nodes[random.Next(nodes.Count)], random);
        }

        var text = new StringBuilder(root.ToJsonString());
        foreach (var (mark, raw) in s_raw)
        {
            text.Replace(mark, raw);
        }

        return text.Replace("@twice", "id").ToString();
    }

    private static IEnumerable<JsonNode> Containers(JsonNode? node) => node switch
    {
        JsonObject o => [o, .. o.SelectMany(p => Containers(p.Value))],
        JsonArray a => [a, .. a.SelectMany(Containers)],
        _ => [],
    };

    private static void Mutate(JsonNode container, Random random)
    {
        if (container is JsonArray array)
        {
            var at = random.Next(array.Count + 1);
            if (at < array.Count && random.Next(2) == 0)
            {
                array[at] = Value(random);
            }
            else
            {
                array.Insert(at, at < array.Count && random.Next(2) == 0 ? array[at]?.DeepClone() : Value(random));
            }

            return;
        }

        var values = (JsonObject)container;
        if (values.Count == 0 || random.Next(8) == 0)
        {
            values[random.Next(2) == 0 ? "@twice" : $"new{random.Next(3)}"] = Value(random);
            return;
        }

        var name = values.ElementAt(random.Next(values.Count)).Key;
        if (random.Next(6) == 0)
        {
            values.Remove(name);
        }
        else
        {
            values[name] = Value(random);
        }
    }

    private static JsonNode? Value(Random random) => random.Next(12) switch
    {
        0 => null,
        1 => JsonValue.Create(random.Next(-2, 5)),
        2 => JsonValue.Create(random.NextDouble()),
        3 => JsonValue.Create(random.Next(2) == 0),
        4 => JsonValue.Create(""),
        5 => JsonValue.Create(random.Next(5).ToString()),
        6 => JsonValue.Create("../../outside"),
        7 => new JsonArray(null, 1),
        8 => new JsonObject { ["id"] = null },
        _ => JsonValue.Create(s_raw[random.Next(s_raw.Length)].Mark.Trim('"')),
    };
}
