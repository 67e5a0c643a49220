using ZsMlc.MLNet.SyntheticData.Plan;

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

    private static readonly string[] Places =
    [
        "in a sunlit living room", "on a quiet city street", "in a busy town square", "in a small kitchen", "on a green lawn in a park",
        "in the middle of a wide open field", "on a wooden floor in a bare room", "in a crowded market hall", "on a sandy beach by the sea",
        "in a tidy office with large windows", "in a narrow old alley", "at the edge of a forest", "in a cluttered workshop",
        "on a concrete parking lot", "in a back garden with a fence", "on a snowy hillside", "in front of a brick wall",
        "in a modern apartment", "on a farm with a red barn", "in a school yard", "beside a calm lake", "on a mountain meadow",
        "at a railway station", "on a rooftop above the city",
    ];

    private static readonly string[] Lights =
    [
        "at dawn", "in the late afternoon sun", "under an overcast sky", "in soft morning light", "on a rainy day", "at dusk with warm lamps",
        "in harsh midday light", "on a cold winter day", "in summer", "with a plain background", "with people far in the background",
        "with strong shadows on the ground", "seen through light fog", "in autumn",
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
        long total = (long)Views.Length * Kinds.Length * relations * Places.Length * Lights.Length;
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
        string Take(string[] options)
        {
            var chosen = options[position % options.Length];
            position /= options.Length;
            return chosen;
        }

        return new(Take(Views), Take(Kinds), Take(Places), Take(Lights), hasRelation ? Take(Relations) : "");
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
