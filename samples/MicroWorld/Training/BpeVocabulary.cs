using ZsMlc.Torch.Clip;

namespace MicroWorld.Training;

/// <summary>
/// A byte-pair vocabulary in CLIP's layout (bytes, bytes at a word's end, merges, two markers) in which each given word is one token.
/// Other words fall apart into pieces, down to bytes.
/// </summary>
internal sealed class BpeVocabulary
{
    private const string End = "</w>";

    public required IReadOnlyList<string> Tokens { get; init; }

    public required IReadOnlyList<(string Left, string Right)> Merges { get; init; }

    /// <summary>Merges the most frequent neighbours, ties by spelling, until every word is whole.</summary>
    public static BpeVocabulary Learn(IEnumerable<string> words)
    {
        var pieces = words.SelectMany(w => w.Split(' ')).Distinct().Order(StringComparer.Ordinal).Select(Split).ToList();
        var merges = new List<(string, string)>();
        while (true)
        {
            var best = pieces.SelectMany(p => p.Zip(p.Skip(1)))
                .GroupBy(pair => pair)
                .OrderByDescending(g => g.Count())
                .ThenBy(g => g.Key.First, StringComparer.Ordinal)
                .ThenBy(g => g.Key.Second, StringComparer.Ordinal)
                .FirstOrDefault();
            if (best is null)
            {
                break;
            }

            merges.Add(best.Key);
            pieces = [.. pieces.Select(p => Merge(p, best.Key))];
        }

        var bytes = ByteSymbols();
        return new BpeVocabulary
        {
            Merges = merges,
            Tokens = [.. bytes, .. bytes.Select(b => b + End), .. merges.Select(m => m.Item1 + m.Item2), "<|startoftext|>", "<|endoftext|>"],
        };
    }

    /// <summary>The tokenizer of this vocabulary.</summary>
    public ClipTokenizer ToTokenizer() =>
        new(Tokens.Select((t, i) => (t, i)).ToDictionary(x => x.t, x => x.i), [.. Merges.Select(m => $"{m.Left} {m.Right}")]);

    private static List<string> Split(string word) =>
        [.. word.Select((c, i) => i == word.Length - 1 ? c + End : c.ToString())];

    private static List<string> Merge(List<string> pieces, (string First, string Second) pair)
    {
        var merged = new List<string>(pieces.Count);
        for (var i = 0; i < pieces.Count; i++)
        {
            if (i + 1 < pieces.Count && pieces[i] == pair.First && pieces[i + 1] == pair.Second)
            {
                merged.Add(pair.First + pair.Second);
                i++;
            }
            else
            {
                merged.Add(pieces[i]);
            }
        }

        return merged;
    }

    // GPT-2's printable stand-ins for the 256 byte values.
    private static List<string> ByteSymbols()
    {
        var printable = Enumerable.Range('!', '~' - '!' + 1).Concat(Enumerable.Range(0xA1, 0xAC - 0xA1 + 1)).Concat(Enumerable.Range(0xAE, 0xFF - 0xAE + 1)).ToList();
        var symbols = printable.Select(b => ((char)b).ToString()).ToList();
        for (int b = 0, next = 256; b < 256; b++)
        {
            if (!printable.Contains(b))
            {
                symbols.Add(((char)next++).ToString());
            }
        }

        return symbols;
    }
}
