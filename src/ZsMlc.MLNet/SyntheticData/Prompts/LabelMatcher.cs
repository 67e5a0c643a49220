using ZsMlc.MLNet.SyntheticData.Prompts.Words;

namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>Finds out which labels a sentence names.</summary>
/// <remarks>
/// Words are compared as nouns (plural, possessive), names may be written apart, joined or with a hyphen, and every word serves
/// one label only: "hot dog" names no dog when both are labels. A word that only describes another
/// ("cake-shaped", "tie-dye") names nothing.
/// </remarks>
internal static class LabelMatcher
{
    private static readonly HashSet<string> Describing = new(StringComparer.Ordinal)
    {
        "shaped", "themed", "inspired", "like", "print", "patterned", "printed", "flavored", "flavoured", "scented", "colored", "coloured",
        "style", "styled", "free", "dye", "dyed", "sized",
    };

    // Fixed expressions in which the word is not the thing.
    private static readonly string[][] Idioms =
    [
        ["hot", "dog"], ["tie", "dye"], ["zip", "tie"], ["bird", "eye"], ["worm", "eye"], ["fish", "eye"], ["couch", "potato"], ["cat", "walk"], ["piece", "of", "cake"],
        ["bus", "stop"], ["bus", "station"], ["bus", "shelter"], ["under", "the", "sun"], ["keyboard", "warrior"],
    ];

    /// <summary>The labels of the set that the sentence does not name, in their order.</summary>
    public static IReadOnlyList<string> Missing(string sentence, IReadOnlyList<string> labels, LabelNames names)
    {
        var words = Words(sentence);
        var used = new bool[words.Count];
        MarkIdioms(words, used, labels);
        var candidates = labels
            .SelectMany(label => names.Of(label).Select(name => (Label: label, Words: Words(name))))
            .OrderByDescending(c => c.Words.Count);
        var found = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (label, name) in candidates)
        {
            if (!found.Contains(label) && TryUse(words, used, name))
            {
                found.Add(label);
            }
        }

        return [.. labels.Where(label => !found.Contains(label))];
    }

    private static bool TryUse(List<Word> words, bool[] used, List<Word> name)
    {
        var joined = string.Concat(name.Select(w => w.Text));
        for (var start = 0; start < words.Count; start++)
        {
            var length = Matches(words, start, name) ? name.Count
                : Same(words[start].Text, joined) ? 1
                : start + 1 < words.Count && name.Count == 1 && words[start].Text.Length > 2 && Same(words[start].Text + words[start + 1].Text, joined) ? 2
                : 0;
            if (length > 0 && !used.AsSpan(start, length).Contains(true) && !IsDescription(words, start + length - 1))
            {
                used.AsSpan(start, length).Fill(true);
                return true;
            }
        }

        return false;
    }

    private static bool Matches(List<Word> words, int start, List<Word> name)
    {
        if (start + name.Count > words.Count)
        {
            return false;
        }

        for (var i = 0; i < name.Count; i++)
        {
            if (!Same(words[start + i].Text, name[i].Text))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsDescription(List<Word> words, int last) =>
        last + 1 < words.Count && words[last].HyphenFollows && Describing.Contains(words[last + 1].Text);

    private static bool Same(string a, string b) => a == b || NounForms.Of(a).Overlaps(NounForms.Of(b));

    private static void MarkIdioms(List<Word> words, bool[] used, IReadOnlyList<string> labels)
    {
        foreach (var idiom in Idioms.Where(i => !labels.Contains(string.Join(' ', i), StringComparer.OrdinalIgnoreCase)))
        {
            for (var start = 0; start + idiom.Length <= words.Count; start++)
            {
                if (Enumerable.Range(0, idiom.Length).All(i => IsOf(idiom[i], words[start + i].Text)))
                {
                    used.AsSpan(start, idiom.Length).Fill(true);
                }
            }
        }
    }

    // "A bus stops" is no bus stop.
    private static bool IsOf(string idiom, string word) => idiom == "stop" ? word == idiom : Same(word, idiom);

    private static List<Word> Words(string text)
    {
        var words = new List<Word>();
        var i = 0;
        while (i < text.Length)
        {
            if (!char.IsLetterOrDigit(text[i]))
            {
                i++;
                continue;
            }

            var start = i;
            while (i < text.Length && char.IsLetterOrDigit(text[i]))
            {
                i++;
            }

            words.Add(new Word(text[start..i].ToLowerInvariant(), i < text.Length && text[i] == '-'));

            // A possessive ending is no word of its own.
            if (i + 1 < text.Length && text[i] is '\'' or '’' && text[i + 1] is 's' or 'S' && (i + 2 == text.Length || !char.IsLetterOrDigit(text[i + 2])))
            {
                i += 2;
            }
        }

        return words;
    }

    private readonly record struct Word(string Text, bool HyphenFollows);
}
