namespace ZsMlc.MLNet.SyntheticData.Prompts.Words;

/// <summary>The words that go with a kind of noun, from which a language model that knows little English chooses.</summary>
/// <param name="Qualities">Adjectives of size, age and state.</param>
/// <param name="Colours">Adjectives of colour, behind the others.</param>
/// <param name="Verbs">What one such thing does in a photograph, in the third person singular.</param>
/// <param name="Settings">Where such things are.</param>
internal sealed record KindWords(string[] Qualities, string[] Colours, string[] Verbs, Setting Settings)
{
    private static readonly string[] s_paint = ["red", "blue", "green", "yellow", "white", "black", "grey", "brown"];
    private static readonly string[] s_fur = ["brown", "black", "white", "grey"];
    private static readonly string[] s_states =
        ["small", "large", "new", "old", "clean", "dusty", "worn", "simple", "plain", "well-used", "beautiful", "ordinary", "elegant"];

    private static readonly Dictionary<NounKind, KindWords> s_words = new()
    {
        [NounKind.Unknown] = new(["small", "large", "single", "striking", "ordinary", "interesting"], [], ["can be seen", "is visible", "is"], Setting.Anywhere),
        [NounKind.Person] = new(["young", "tall", "smiling", "friendly", "quiet", "cheerful", "elderly"], [], ["stands", "sits", "waits", "rests", "poses"], Setting.Anywhere),
        [NounKind.Pet] = new(
            ["small", "large", "young", "old", "friendly", "fluffy", "playful", "sleepy", "curious", "calm", "tired", "happy", "attentive"], s_fur,
            ["sits", "lies", "stands", "rests", "sleeps", "waits"], Setting.Anywhere),
        [NounKind.FarmAnimal] = new(
            ["small", "large", "young", "old", "friendly", "healthy", "curious", "calm", "tired", "muddy", "strong", "attentive"], s_fur,
            ["stands", "lies", "rests", "walks", "waits"], Setting.Wide),
        [NounKind.WildAnimal] = new(
            ["small", "large", "young", "old", "strong", "healthy", "curious", "calm", "tired", "thirsty", "majestic", "dusty", "powerful", "attentive"], [],
            ["stands", "rests", "walks", "waits", "lies"], Setting.Wide),
        [NounKind.Bird] = new(["small", "large", "young", "curious", "pretty", "elegant"], s_fur, ["sits", "stands", "rests", "waits"], Setting.Anywhere),
        [NounKind.Vehicle] = new(
            ["small", "large", "new", "old", "clean", "dusty", "shiny", "modern", "rusty", "empty", "battered", "vintage", "muddy"], s_paint, ["stands", "waits", "is parked", "stops", "has stopped"], Setting.Wide),
        [NounKind.Aircraft] = new(
            ["small", "large", "new", "old", "shiny", "modern", "silent", "vintage", "private", "empty"], ["white", "red", "blue", "grey", "silver"], ["stands", "waits", "is parked", "has landed"],
            Setting.Country | Setting.Snow),
        [NounKind.Boat] = new(["small", "large", "new", "old", "wooden", "empty", "weathered"], s_paint, ["lies", "rests", "is moored"], Setting.Shore),
        [NounKind.UprightThing] = new(s_states, s_paint, ["stands", "sits", "rests", "has been left", "has been placed"], Setting.Anywhere),
        [NounKind.FlatThing] = new(s_states, s_paint, ["lies", "rests", "has been left", "has been placed"], Setting.Anywhere),
        [NounKind.Furniture] = new(s_states, s_paint, ["stands", "has been placed", "has been left"], Setting.Anywhere),
        [NounKind.Food] = new(["small", "large", "fresh", "delicious", "tasty", "appetizing", "tempting", "plain"], [], ["lies", "sits", "rests", "has been left", "has been placed"], Setting.Anywhere),
        [NounKind.Scenery] = new([], [], ["can be seen", "is visible", "is in view"], Setting.Outdoors),
    };

    /// <summary>The words that go with what a label names, without those that it has in itself ("an orange orange").</summary>
    public static KindWords Of(string label)
    {
        bool Says(string word) => label.Contains(word, StringComparison.OrdinalIgnoreCase);

        var words = s_words[NounKinds.Of(label)];
        return words with { Qualities = [.. words.Qualities.Where(word => !Says(word))], Colours = [.. words.Colours.Where(word => !Says(word))] };
    }
}
