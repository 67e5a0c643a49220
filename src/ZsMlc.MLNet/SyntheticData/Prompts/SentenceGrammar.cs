namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>
/// The GBNF grammar (llama.cpp's notation) of sentences that name every label, in the labels' order, and the scene's place. Nouns, how they
/// stand to each other, and the place are given; how the things look is the model's, and so is the choice of the verb and
/// of naming the light.
/// </summary>
internal static class SentenceGrammar
{
    /// <summary>A grammar whose <c>root</c> is one sentence for each scene, on numbered lines where there are several.</summary>
    public static string Of(IReadOnlyList<string> labels, IReadOnlyList<PromptScene> scenes, int minimumWords)
    {
        var lines = scenes.Select((scene, i) => $"{(scenes.Count == 1 ? "" : $"\"{i + 1}. \" ")}{Sentence(labels, scene, minimumWords)}");
        return $$"""
            root ::= {{string.Join(" \"\\n\" ", lines)}}
            word ::= " " [a-z]{2,12}
            consonant ::= " " [b-df-hj-np-tv-z] [a-z]{1,11}
            vowel ::= " " [aeio] [a-z]{1,11}
            verb ::= " stands" | " sits" | " lies" | " rests" | " waits" | " leans" | " sleeps" | " plays" | " moves" | " runs" | " hangs" | " rolls" | " passes" | " appears"

            """;
    }

    private static string Sentence(IReadOnlyList<string> labels, PromptScene scene, int minimumWords)
    {
        // Only a verb between noun and relation: with room for more, the model names the next noun too soon, and runs words of its own into another.
        var isSingle = labels.Count == 1;
        var things = labels.Select((label, i) => Thing(label, isFirst: i == 0, isPlain: !isSingle)).ToList();
        var verb = TakesArticle(labels[0]) ? "verb" : "word";
        var related = isSingle ? "" : $"{Quoted(" " + scene.Relation)} {string.Join(" \" and\" ", things.Skip(1))} ";
        var words = labels.Sum(label => 1 + Words(label)) + 1 + Words(scene.Place) + (isSingle ? 1 : Words(scene.Relation));
        return $"{things[0]} {verb} {related}{End(scene, isLightNeeded: words < minimumWords)}";
    }

    private static string End(PromptScene scene, bool isLightNeeded) => $"{Quoted(" " + scene.Place)} {Quoted(" " + scene.Light)}{(isLightNeeded ? "" : "?")} \".\"";

    /// <summary>A noun with the article that fits and an adjective of the model's, or without one where it may be plain.</summary>
    private static string Thing(string label, bool isFirst, bool isPlain)
    {
        string Start(string article) => isFirst ? $"\"{char.ToUpperInvariant(article[0])}{article[1..]}\"" : $"\" {article}\"";

        var name = Quoted(" " + label);
        return TakesArticle(label)
            ? $"({(isPlain ? $"{Start(NounForms.WithArticle(label)[..^(label.Length + 1)])} {name} | " : "")}{Start("a")} consonant {name} | {Start("an")} vowel {name})"
            : $"({Start("some")} | {Start("the")}) word{(isPlain ? "?" : "")} {name}";
    }

    private static bool TakesArticle(string label) => NounForms.WithArticle(label) != label;

    private static int Words(string text) => text.Count(c => c == ' ') + 1;

    private static string Quoted(string text) => $"\"{text.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
