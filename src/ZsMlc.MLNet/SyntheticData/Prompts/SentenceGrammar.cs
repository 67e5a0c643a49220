using ZsMlc.MLNet.SyntheticData.Prompts.Words;

namespace ZsMlc.MLNet.SyntheticData.Prompts;

/// <summary>
/// The GBNF grammar (llama.cpp's notation) of sentences that name every label, in the labels' order, and the scene's place. Nouns, how they
/// stand to each other, and the place are given; how the things look, what the first one does and whether the light is named is
/// the model's choice, among words that go with things of their kind: what small models write freely is often no English.
/// </summary>
internal static class SentenceGrammar
{
    /// <summary>A grammar whose <c>root</c> is one sentence for each scene, on numbered lines where there are several.</summary>
    public static string Of(IReadOnlyList<string> labels, IReadOnlyList<PromptScene> scenes, int minimumWords)
    {
        List<NounPhrase> things = [.. labels.Select((label, i) => new NounPhrase(label, i + 1))];
        var lines = scenes.Select((scene, i) => $"{(scenes.Count == 1 ? "" : $"\"{i + 1}. \" ")}{Sentence(things, scene, minimumWords)}");
        return $"""
            root ::= {string.Join(" \"\\n\" ", lines)}
            verb ::= {Gbnf.AnyOf(Verbs.Of(labels[0]))}
            {string.Join('\n', things.SelectMany(thing => thing.Rules))}

            """.ReplaceLineEndings("\n");
    }

    private static string Sentence(IReadOnlyList<NounPhrase> things, PromptScene scene, int minimumWords)
    {
        var isSingle = things.Count == 1;
        var subject = things[0].Write(startsSentence: true, isPlainAllowed: !isSingle);
        var others = things.Skip(1).Select(thing => thing.Write(startsSentence: false, isPlainAllowed: true));
        var related = isSingle ? "" : $"{Gbnf.Quoted(" " + scene.Relation)} {string.Join(" \" and\" ", others)} ";
        var fewest = things.Sum(thing => thing.FewestWords) + 1 + Words(scene.Place) + (isSingle ? 1 : Words(scene.Relation));
        return $"{subject} verb {related}{Gbnf.Quoted(" " + scene.Place)} {Gbnf.Quoted(" " + scene.Light)}{(fewest < minimumWords ? "" : "?")} \".\"";
    }

    private static int Words(string text) => text.Count(c => c == ' ') + 1;
}
