namespace ZsMlc.MLNet.SyntheticData.Prompts.Reading;

/// <summary>Tells English sentences, which CLIP's text encoder knows, from those of other languages.</summary>
internal static class EnglishText
{
    private const int ShortPhrase = 7;

    private static readonly HashSet<string> s_english = new(StringComparer.OrdinalIgnoreCase)
    {
        "a", "an", "the", "of", "on", "in", "with", "next", "and", "to", "at", "is", "by", "near", "under", "beside", "behind", "its", "from", "while", "over", "as", "their", "into", "are", "for", "that", "who", "which", "his", "her", "has", "have", "through", "during", "will", "your",
    };

    // Words that English descriptions do not have; where a word is English too ("die", "a", "on"), it is left out.
    private static readonly HashSet<string> s_other = new(StringComparer.OrdinalIgnoreCase)
    {
        "ein", "eine", "einem", "einen", "einer", "und", "der", "das", "mit", "auf", "neben", "im", "liegt", "sitzt",
        "un", "une", "le", "la", "les", "et", "avec", "dans", "sur", "du", "des", "à", "côté",
        "una", "el", "los", "las", "con", "junto", "en", "y", "al", "lado", "del", "di", "il", "e", "accanto", "sulla", "nel",
        "um", "uma", "com", "ao", "em", "na", "no", "perto", "een", "het", "naast", "met", "op", "och", "på", "bredvid", "obok", "jest", "na", "i", "w", "ve", "bir",
    };

    /// <summary>Whether a sentence reads as English.</summary>
    public static bool Is(string sentence)
    {
        var letters = sentence.Count(char.IsLetter);
        var foreign = sentence.Count(c => char.IsLetter(c) && c > 'ɏ');
        if (letters == 0 || foreign > letters / 20)
        {
            return false;
        }

        var words = sentence.Split([' ', ',', '.', '!', '"', '“', '”'], StringSplitOptions.RemoveEmptyEntries);
        var (english, other) = (words.Count(s_english.Contains), words.Count(s_other.Contains));

        // A short phrase may do without any of them.
        return english > other || english + other == 0 && words.Length <= ShortPhrase;
    }
}
