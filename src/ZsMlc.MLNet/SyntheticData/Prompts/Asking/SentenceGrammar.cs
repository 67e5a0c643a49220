namespace ZsMlc.MLNet.SyntheticData.Prompts.Asking;

/// <summary>
/// The GBNF grammar (llama.cpp's notation) of sentences that name every label, in the labels' order, and the scene's place. Nouns, how they
/// stand to each other, and the place are given; how the things look and what they do is the model's, and whether the light is named.
/// </summary>
internal static class SentenceGrammar
{
    /// <summary>Words of the model's behind a single noun, beyond the fewest; few, for small models lose the thread soon.</summary>
    private const int Play = 2;

    /// <summary>A grammar whose <c>root</c> is one sentence for each scene, on numbered lines where there are several.</summary>
    public static string Of(IReadOnlyList<string> labels, IReadOnlyList<PromptScene> scenes, int minimumWords)
    {
        var lines = scenes.Select((scene, i) => $"{(scenes.Count == 1 ? "" : $"\"{i + 1}. \" ")}{Sentence(labels, scene, minimumWords)}");
        return $"root ::= {string.Join(" \"\\n\" ", lines)}\nword ::= \" \" [a-z]{{2,12}}\n";
    }

    private static string Sentence(IReadOnlyList<string> labels, PromptScene scene, int minimumWords)
    {
        var things = labels.Select((label, i) => $"{Article(label, isFirst: i == 0)} word? {Quoted(" " + label)}");
        var words = labels.Sum(label => 1 + Words(label)) + Words(scene.Place);
        if (labels.Count == 1)
        {
            var fewest = Math.Max(1, minimumWords - words);
            return $"{things.First()} word{{{fewest},{fewest + Play}}} {End(scene, isLightNeeded: false)}";
        }

        // A single word between noun and relation: with room for more, the model names the next noun too soon.
        words += labels.Count - 1 + Words(scene.Relation);
        return $"{string.Join($" word {Quoted(" " + scene.Relation)} ", things)} {End(scene, isLightNeeded: words < minimumWords)}";
    }

    private static string End(PromptScene scene, bool isLightNeeded) => $"{Quoted(" " + scene.Place)} {Quoted(" " + scene.Light)}{(isLightNeeded ? "" : "?")} \".\"";

    private static string Article(string label, bool isFirst) => (NounForms.WithArticle(label) != label, isFirst) switch
    {
        (true, true) => "(\"A\" | \"An\")",
        (true, false) => "(\" a\" | \" an\" | \" the\")",
        (false, true) => "(\"Some\" | \"The\")",
        (false, false) => "(\" some\" | \" the\")",
    };

    private static int Words(string text) => text.Count(c => c == ' ') + 1;

    private static string Quoted(string text) => $"\"{text.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
