namespace ZsMlc.MLNet.SyntheticData.Prompts.Words;

/// <summary>The grammar of a label with what stands in front of it: "a red cup", "an old red cup", "a pair of scissors", "some birds", "the sunset".</summary>
internal sealed class NounPhrase
{
    private readonly string label;
    private readonly NounNumber number;
    private readonly bool isDefinite;
    private readonly string consonant;
    private readonly string vowel;

    /// <summary>Makes a phrase.</summary>
    /// <param name="label">The noun.</param>
    /// <param name="index">A number of its own in the grammar, for the names of its rules.</param>
    public NounPhrase(string label, int index)
    {
        var words = KindWords.Of(label);
        this.label = label;
        number = NounForms.NumberOf(label);
        isDefinite = words.Qualities.Length == 0;
        (consonant, vowel) = ($"consonant{index}", $"vowel{index}");
        if (!isDefinite)
        {
            var sounds = words.Qualities.ToLookup(NounForms.SoundsLikeVowel);
            var colour = words.Colours.Length == 0 ? null : Gbnf.AnyOf(words.Colours);
            string Looks(IEnumerable<string> qualities) => Gbnf.AnyOf(qualities) + (colour is null ? "" : $" {colour}?");
            Rules = [$"{consonant} ::= {Looks(sounds[false])}{(colour is null ? "" : $" | {colour}")}", $"{vowel} ::= {Looks(sounds[true])}"];
        }
    }

    /// <summary>Gets the rules that the phrase is written with.</summary>
    public IReadOnlyList<string> Rules { get; } = [];

    /// <summary>Gets the fewest words that it can have.</summary>
    public int FewestWords => label.Count(c => c == ' ') + (number == NounNumber.Pair ? 4 : 2);

    /// <summary>The phrase as an expression.</summary>
    /// <param name="startsSentence">Whether a sentence begins with it; otherwise there is a blank in front.</param>
    /// <param name="isPlainAllowed">Whether it may do without an adjective.</param>
    public string Write(bool startsSentence, bool isPlainAllowed)
    {
        string Start(string words) => Gbnf.Quoted(startsSentence ? char.ToUpperInvariant(words[0]) + words[1..] : " " + words);

        var name = Gbnf.Quoted(" " + label);
        if (isDefinite)
        {
            return $"{Start("the")} {name}";
        }

        if (number == NounNumber.Singular)
        {
            var plain = isPlainAllowed ? $"{Start(NounForms.WithArticle(label)[..^(label.Length + 1)])} {name} | " : "";
            return $"({plain}{Start("a")} {consonant} {name} | {Start("an")} {vowel} {name})";
        }

        var start = number switch
        {
            NounNumber.Pair => Start("a pair of"),
            NounNumber.Plural => $"({Start("some")} | {Start("several")})",
            _ => Start("some"),
        };
        return $"{start} ({consonant} | {vowel}){(isPlainAllowed ? "?" : "")} {name}";
    }
}
