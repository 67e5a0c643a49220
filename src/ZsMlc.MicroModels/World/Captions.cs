namespace ZsMlc.MicroModels.World;

/// <summary>The sentences of the micro world, in the few forms its text encoders learn.</summary>
internal static class Captions
{
    private static readonly string[] Neutral = ["picture", "image"];
    private static readonly string[] Joints = [" and ", " next to ", " with ", ", "];

    /// <summary>Every word that a caption or a usual prompt of the method can hold.</summary>
    public static readonly string[] Words =
    [
        .. WorldLabels.All, .. WorldStyles.All.Select(s => s.Word()), .. Neutral,
        "a", "an", "the", "of", "and", "next", "to", "with", "on", "in", "near", "beside", "one", "two", "three", "background",
    ];

    public static string Write(ref WorldRandom random, IReadOnlyList<string> named, WorldStyle? style)
    {
        var joint = random.Pick(Joints);
        var form = random.Below(4);
        var list = "";
        for (var i = 0; i < named.Count; i++)
        {
            var article = form == 0 ? "" : "aeiou".Contains(named[i][0]) && random.Chance(0.5) ? "an " : "a ";
            list += (i == 0 ? "" : i == named.Count - 1 ? joint : ", ") + article + named[i];
        }

        var kind = style?.Word();
        var text = (form, kind) switch
        {
            (0 or 1, null) => list,
            (0 or 1, _) => $"{list}, {kind}",
            (2, null) => $"a {random.Pick(Neutral)} of {list}",
            (3, null) => $"{random.Pick(Neutral)} of {list}",
            (2, _) => $"a {kind} of {list}",
            _ => $"{kind} of {list}",
        };
        return random.Chance(0.4) ? text + "." : text;
    }
}
