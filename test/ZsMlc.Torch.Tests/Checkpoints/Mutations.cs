using System.Text;
using System.Text.Json.Nodes;

namespace ZsMlc.Torch.Tests.Checkpoints;

/// <summary>Damages files, the same way for the same random numbers: as bytes, or so that they stay JSON.</summary>
internal static class Mutations
{
    private static readonly string[] s_values =
        ["-1", "0", "1e308", "-1e999", "9223372036854775807", "99999999999999999999", "2147483648", "null", "true", "0.5", "\"\"", "\"x\"", "\"\\ud83d\\ude00\"", "[]", "{}", "[null]", "[[[[]]]]", "{\"\":{}}"];

    /// <summary>Changes, inserts, doubles, removes or cuts, one to three times.</summary>
    public static byte[] Bytes(Random random, ReadOnlySpan<byte> whole)
    {
        List<byte> bytes = [.. whole];
        for (var times = random.Next(1, 4); times > 0 && bytes.Count > 0; times--)
        {
            var place = random.Next(bytes.Count);
            var length = Math.Min(random.Next(1, 9), bytes.Count - place);
            switch (random.Next(7))
            {
                case 0: bytes[place] = (byte)random.Next(256); break;
                case 1: bytes[place] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes.RemoveRange(place, length); break;
                case 3: bytes.InsertRange(place, bytes.GetRange(place, length)); break;
                case 4: bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(place, length)); break;
                case 5: bytes.InsertRange(place, Encoding.ASCII.GetBytes(s_values[random.Next(s_values.Length)])); break;
                default: bytes.RemoveRange(place, bytes.Count - place); break;
            }
        }

        return [.. bytes];
    }

    /// <summary>Replaces, removes, renames, doubles or exchanges values at random places, and sometimes damages the text itself.</summary>
    public static byte[] Json(Random random, string json)
    {
        var root = JsonNode.Parse(json)!;
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            List<(JsonNode Parent, object Key)> places = [];
            Collect(root, places);
            if (places.Count > 0)
            {
                var (parent, key) = places[random.Next(places.Count)];
                var (other, otherKey) = places[random.Next(places.Count)];
                Change(random, parent, key, random.Next(2) == 0 ? JsonNode.Parse(s_values[random.Next(s_values.Length)]) : Get(other, otherKey)?.DeepClone());
            }
        }

        var bytes = Encoding.UTF8.GetBytes(root.ToJsonString());
        return random.Next(8) == 0 ? Bytes(random, bytes) : bytes;
    }

    private static void Change(Random random, JsonNode parent, object key, JsonNode? value)
    {
        switch (parent)
        {
            case JsonObject entries when random.Next(4) == 0:
                entries.Remove((string)key);
                break;
            case JsonObject entries when random.Next(3) == 0:
                entries[(string)key + (random.Next(2) == 0 ? "" : "\ud83d\ude00\0\"\\")] = value;
                break;
            case JsonObject entries:
                entries[(string)key] = value;
                break;
            case JsonArray items when random.Next(3) == 0:
                items.RemoveAt((int)key);
                break;
            case JsonArray items when random.Next(2) == 0:
                items.Insert((int)key, value);
                break;
            case JsonArray items:
                items[(int)key] = value;
                break;
        }
    }

    private static JsonNode? Get(JsonNode parent, object key) => key is string name ? parent[name] : parent[(int)key];

    private static void Collect(JsonNode? node, List<(JsonNode Parent, object Key)> places)
    {
        switch (node)
        {
            case JsonObject entries:
                foreach (var (name, value) in entries)
                {
                    places.Add((entries, name));
                    Collect(value, places);
                }

                break;
            case JsonArray items:
                for (var i = 0; i < items.Count; i++)
                {
                    places.Add((items, i));
                    Collect(items[i], places);
                }

                break;
        }
    }
}
