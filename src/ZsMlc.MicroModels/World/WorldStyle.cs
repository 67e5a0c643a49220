namespace ZsMlc.MicroModels.World;

/// <summary>The drawing styles of the micro world. Captions call each by the kind of picture it stands for.</summary>
internal enum WorldStyle
{
    /// <summary>Fluent Emoji; the style of the labelled data set.</summary>
    Photo,

    /// <summary>Noto Emoji.</summary>
    Painting,

    /// <summary>Twemoji.</summary>
    Drawing,

    /// <summary>Noto Emoji of 2017.</summary>
    Cartoon,

    /// <summary>EmojiTwo.</summary>
    Sketch,
}

/// <summary>Names of the styles.</summary>
internal static class WorldStyles
{
    public static readonly WorldStyle[] All = Enum.GetValues<WorldStyle>();

    public static string SheetName(this WorldStyle style) => style switch
    {
        WorldStyle.Photo => "fluent",
        WorldStyle.Painting => "noto",
        WorldStyle.Drawing => "twemoji",
        WorldStyle.Cartoon => "noto-v1",
        _ => "emojitwo",
    };

    public static string Word(this WorldStyle style) => style.ToString().ToLowerInvariant();
}
