namespace ZsMlc.MLNet.SyntheticData.Prompts.Words;

/// <summary>English nouns as far as label checks need them: which written forms are the same noun, and which article it takes.</summary>
internal static class NounForms
{
    private static readonly Dictionary<string, string> Irregular = new(StringComparer.Ordinal)
    {
        ["children"] = "child", ["people"] = "person", ["persons"] = "person", ["men"] = "man", ["women"] = "woman", ["mice"] = "mouse",
        ["geese"] = "goose", ["teeth"] = "tooth", ["feet"] = "foot", ["oxen"] = "ox", ["skis"] = "ski", ["busses"] = "bus", ["cacti"] = "cactus",
    };

    private static readonly HashSet<string> Uncountable = new(StringComparer.Ordinal)
    {
        "water", "snow", "sand", "grass", "frost", "food", "broccoli", "fire", "military", "nighttime", "sheep", "coral", "surf", "fog", "rain",
        "traffic", "furniture", "luggage", "skis", "equipment", "rice", "bread", "cheese", "smoke", "ice", "cattle", "people", "police",
    };

    // Uncountable above, since they take no article, but many in number.
    private static readonly HashSet<string> Many = new(StringComparer.Ordinal) { "sheep", "cattle", "people", "police", "skis" };

    // Of one such thing English speaks as of two.
    private static readonly HashSet<string> Pairs = new(StringComparer.Ordinal)
    {
        "scissors", "shears", "glasses", "sunglasses", "binoculars", "pants", "trousers", "jeans", "shorts", "tongs", "pliers",
    };

    // Words in -y that are no adjective of the noun they seem to come from.
    private static readonly HashSet<string> NoAdjectives = new(StringComparer.Ordinal)
    {
        "party", "belly", "handy", "bully", "pretty", "study", "penny", "puppy", "county", "bossy", "daily", "really", "early", "busy", "cozy",
    };

    /// <summary>Every noun that <paramref name="word"/> (lower case) can be a written form of, itself included.</summary>
    public static IReadOnlySet<string> Of(string word)
    {
        var forms = new HashSet<string>(StringComparer.Ordinal) { word };
        if (Irregular.TryGetValue(word, out var singular))
        {
            forms.Add(singular);
        }

        if (word.Length > 3 && word.EndsWith('s') && !word.EndsWith("ss", StringComparison.Ordinal)
            && !word.EndsWith("us", StringComparison.Ordinal) && !word.EndsWith("is", StringComparison.Ordinal))
        {
            forms.Add(word[..^1]);
            if (word.EndsWith("ies", StringComparison.Ordinal))
            {
                forms.Add(word[..^3] + "y");
            }
            else if (word.EndsWith("ves", StringComparison.Ordinal))
            {
                forms.Add(word[..^3] + "f");
                forms.Add(word[..^3] + "fe");
            }
            else if (word.EndsWith("es", StringComparison.Ordinal))
            {
                forms.Add(word[..^2]);
            }
        }

        // "sandy", "snowy", "rocky": the thing is in the picture.
        if (word.Length > 4 && word.EndsWith('y') && !NoAdjectives.Contains(word))
        {
            forms.Add(word[..^1]);
            if (word[^2] == word[^3])
            {
                forms.Add(word[..^2]);
            }
        }

        return forms;
    }

    /// <summary>The noun with "a", "an" or nothing before it: "a bus", "an old airplane", "scissors", "snow".</summary>
    /// <param name="noun">A label name.</param>
    /// <param name="adjective">Words between article and noun, with a trailing space; may be empty.</param>
    public static string WithArticle(string noun, string adjective = "")
    {
        if (NumberOf(noun) != NounNumber.Singular)
        {
            return (adjective == "single " ? "" : adjective) + noun;
        }

        var phrase = adjective + noun;
        return (SoundsLikeVowel(phrase) ? "an " : "a ") + phrase;
    }

    /// <summary>How the noun of a label is counted.</summary>
    public static NounNumber NumberOf(string noun)
    {
        var last = LastWord(noun);
        return Pairs.Contains(last) ? NounNumber.Pair
            : Many.Contains(last) ? NounNumber.Plural
            : Uncountable.Contains(last) ? NounNumber.Mass
            : IsPlural(last) ? NounNumber.Plural
            : NounNumber.Singular;
    }

    /// <summary>Whether "an" stands before the phrase.</summary>
    public static bool SoundsLikeVowel(string phrase) =>
        "aeiou".Contains(char.ToLowerInvariant(phrase[0])) && !phrase.StartsWith("uni", StringComparison.OrdinalIgnoreCase) && !phrase.StartsWith("one", StringComparison.OrdinalIgnoreCase);

    private static string LastWord(string noun) => noun[(noun.LastIndexOf(' ') + 1)..].ToLowerInvariant();

    private static bool IsPlural(string word) =>
        Irregular.ContainsKey(word) || (word.Length > 3 && word.EndsWith('s') && !word.EndsWith("ss", StringComparison.Ordinal)
            && !word.EndsWith("us", StringComparison.Ordinal) && !word.EndsWith("is", StringComparison.Ordinal) && word is not ("tennis" or "gas" or "canvas" or "atlas"));
}
