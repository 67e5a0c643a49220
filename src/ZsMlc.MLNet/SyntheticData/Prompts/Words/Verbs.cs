namespace ZsMlc.MLNet.SyntheticData.Prompts.Words;

/// <summary>What things do in photographs.</summary>
internal static class Verbs
{
    /// <summary>The verbs that go with a label, in its number.</summary>
    public static IEnumerable<string> Of(string label) =>
        KindWords.Of(label).Verbs.Select(verb => NounForms.NumberOf(label) == NounNumber.Plural ? Plural(verb) : verb);

    private static string Plural(string verb)
    {
        var (first, rest) = verb.IndexOf(' ') is > 0 and var end ? (verb[..end], verb[end..]) : (verb, "");
        return rest.Length == 0 && first != "is" ? first[..^1] : first switch { "is" => "are", "has" => "have", _ => first } + rest;
    }
}
