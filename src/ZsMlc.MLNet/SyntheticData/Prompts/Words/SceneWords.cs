namespace ZsMlc.MLNet.SyntheticData.Prompts.Words;

/// <summary>The places and lights of scenes, and which of them make a picture together.</summary>
internal static class SceneWords
{
    /// <summary>Places, each with the kind of place it is.</summary>
    public static readonly (string Text, Setting Setting)[] Places =
    [
        ("in a sunlit living room", Setting.SunlitRoom), ("on a quiet city street", Setting.Town), ("in a busy town square", Setting.Town),
        ("in a small kitchen", Setting.Room), ("on a green lawn in a park", Setting.Country), ("in the middle of a wide open field", Setting.Country),
        ("on a wooden floor in a bare room", Setting.Room), ("in a crowded market hall", Setting.Room), ("on a sandy beach by the sea", Setting.Shore),
        ("in a tidy office with large windows", Setting.Room), ("in a narrow old alley", Setting.Corner), ("at the edge of a forest", Setting.Country),
        ("in a cluttered workshop", Setting.Room), ("on a concrete parking lot", Setting.Town), ("in a back garden with a fence", Setting.Corner),
        ("on a snowy hillside", Setting.Snow), ("in front of a brick wall", Setting.Corner), ("in a modern apartment", Setting.Room),
        ("on a farm with a red barn", Setting.Country), ("in a school yard", Setting.Town), ("beside a calm lake", Setting.Shore),
        ("on a mountain meadow", Setting.Country), ("at a railway station", Setting.Town), ("on a rooftop above the city", Setting.Corner),
    ];

    /// <summary>Lights, weathers and seasons, each with the places in which it can be.</summary>
    public static readonly (string Text, Setting Fits)[] Lights =
    [
        ("at dawn", Setting.Anywhere & ~Setting.SunlitRoom), ("in the late afternoon sun", Setting.Anywhere), ("under an overcast sky", Setting.Outdoors),
        ("in soft morning light", Setting.Anywhere), ("on a rainy day", Setting.Anywhere & ~(Setting.SunlitRoom | Setting.Snow)),
        ("at dusk with warm lamps", Setting.Room | Setting.Town), ("in harsh midday light", Setting.Outdoors), ("on a cold winter day", Setting.Anywhere),
        ("in summer", Setting.Outdoors & ~Setting.Snow), ("with a plain background", Setting.None), ("with people far in the background", Setting.Wide),
        ("with strong shadows on the ground", Setting.Outdoors), ("seen through light fog", Setting.Outdoors), ("in autumn", Setting.Outdoors & ~Setting.Snow),
    ];

    private static readonly Dictionary<string, Setting> s_places = Places.ToDictionary(place => place.Text, place => place.Setting);
    private static readonly Dictionary<string, Setting> s_lights = Lights.ToDictionary(light => light.Text, light => light.Fits);

    /// <summary>Whether the place holds what the labels name, has the light, and does not repeat how the things stand to each other.</summary>
    public static bool Fit(string placeText, string light, string relation, IReadOnlyList<string> labels)
    {
        var settings = labels.Aggregate(Setting.Anywhere, (common, label) => common & KindWords.Of(label).Settings);
        var place = s_places[placeText];

        // Things that share no kind of place are together anywhere. Only who can choose its company is "together with" another.
        return (place & (settings == Setting.None ? Setting.Anywhere : settings)) != Setting.None
            && (place & s_lights[light]) != Setting.None
            && relation != "together with"
            && (relation.Length == 0 || !placeText.StartsWith(relation, StringComparison.Ordinal));
    }
}
