using ZsMlc.MLNet.SyntheticData.Plan;
using ZsMlc.MLNet.SyntheticData.Prompts.Words;

namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>
/// Sentences of the form "view of A relation B place, light": tens of thousands a label set, all different, each with at
/// least ten words and naming every label literally.
/// </summary>
internal static class PromptGrammar
{
    private static readonly string[] Views =
    [
        "A photo of", "A close-up photo of", "A wide-angle photo of", "A candid snapshot of", "A sharp colour photograph of",
        "A photo taken from above of", "A photo taken from a low angle of", "A photo taken from a distance of", "A slightly blurred phone picture of",
        "A professional photograph of", "An eye-level view of", "A side view of", "A bright, detailed photo of", "A grainy old photograph of",
        "A travel photo of", "A magazine photograph of",
    ];

    private static readonly string[] Kinds =
    [
        "", "", "", "small ", "large ", "well-used ", "brightly lit ", "plain ", "striking ", "typical ", "single ",
    ];

    private static readonly string[] Relations =
    [
        "next to", "next to", "beside", "close to", "in front of", "right behind", "to the left of", "to the right of", "together with", "not far from",
    ];

    /// <summary>Returns distinct prompts; the same ones for the same labels, count and seed.</summary>
    /// <exception cref="ArgumentException">More prompts are wanted than the grammar has.</exception>
    public static IReadOnlyList<string> Generate(IReadOnlyList<string> labels, int count, long seed)
    {
        var prompts = Scenes(labels, seed).Select(scene => scene.Sentence(labels)).Distinct(StringComparer.Ordinal).Take(count).ToList();
        return prompts.Count == count
            ? prompts
            : throw new ArgumentException($"{count} different template prompts were asked for '{string.Join(" + ", labels)}'; the grammar has {prompts.Count}.", nameof(count));
    }

    /// <summary>Every scene of the grammar once, in an order of the labels' and the seed's own.</summary>
    public static IEnumerable<PromptScene> Scenes(IReadOnlyList<string> labels, long seed)
    {
        var relations = labels.Count > 1 ? Relations.Length : 1;
        long total = (long)Views.Length * Kinds.Length * relations * SceneWords.Places.Length * SceneWords.Lights.Length;
        var random = new SampleRandom(seed, "templates\n" + string.Join('\n', labels));

        // Stepping through all combinations by a stride without common factor meets each once before any returns.
        var position = (long)(random.NextUInt64() % (ulong)total);
        var stride = NextCoprime((long)(random.NextUInt64() % (ulong)total), total);
        for (long step = 0; step < total; step++)
        {
            yield return Scene(position, hasRelation: labels.Count > 1);
            position = (position + stride) % total;
        }
    }

    private static PromptScene Scene(long position, bool hasRelation)
    {
        T Take<T>(T[] options)
        {
            var chosen = options[position % options.Length];
            position /= options.Length;
            return chosen;
        }

        return new(Take(Views), Take(Kinds), Take(SceneWords.Places).Text, Take(SceneWords.Lights).Text, hasRelation ? Take(Relations) : "");
    }

    private static long NextCoprime(long start, long total)
    {
        var candidate = Math.Max(1, start);
        while (Gcd(candidate, total) != 1)
        {
            candidate++;
        }

        return candidate;
    }

    private static long Gcd(long a, long b) => b == 0 ? a : Gcd(b, a % b);
}
