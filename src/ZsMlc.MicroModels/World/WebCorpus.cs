namespace ZsMlc.MicroModels.World;

/// <summary>A web picture: a scene and a caption that names some of its objects and often its style.</summary>
internal sealed record WebPicture(Scene Scene, WorldStyle Style, string Caption, IReadOnlyList<string> Named, bool NamesStyle)
{
    /// <summary>Whether the caption holds for another picture: all named objects are there, in the named style.</summary>
    public bool Describes(WebPicture other) =>
        (!NamesStyle || Style == other.Style) && Named.All(n => other.Scene.Objects.Any(o => o.Label == n));
}

/// <summary>
/// An endless corpus of captioned pictures, item i of a seed always the same. It stands for the web on which the full-size models were
/// trained: every style, mostly one object a picture, captions that leave objects out.
/// </summary>
internal sealed class WebCorpus(ulong seed)
{
    /// <summary>Share of the styles; the style of the labelled data set is one of them.</summary>
    public double[] StyleWeights { get; init; } = [1, 1, 1, 1, 1];

    /// <summary>Share of pictures with one, two and three objects.</summary>
    public double[] CountWeights { get; init; } = [0.55, 0.33, 0.12];

    /// <summary>Share of the captions of several objects that name only some of them.</summary>
    public double PartialCaptions { get; init; } = 0.5;

    /// <summary>Share of the captions that name the style.</summary>
    public double NamedStyles { get; init; } = 0.6;

    /// <summary>The largest rotation of an object to either side, in radians.</summary>
    public double MaxAngle { get; init; } = Scene.MaxAngle;

    /// <summary>The share of objects that are mirrored.</summary>
    public double Mirrored { get; init; } = Scene.Mirrored;

    /// <summary>The labels and how often each is drawn.</summary>
    public IReadOnlyList<(string Label, double Weight)> Labels { get; init; } = [.. WorldLabels.All.Select(l => (l, 1.0))];

    public WebPicture this[long index]
    {
        get
        {
            var random = new WorldRandom(seed, (ulong)index);
            var style = (WorldStyle)random.Weighted(StyleWeights);
            var drawable = Labels.Where(l => Sprites.Has(l.Label, style)).ToList();
            var weights = drawable.Select(l => l.Weight).ToArray();
            var count = 1 + random.Weighted(CountWeights);
            var labels = new List<string>(count);
            while (labels.Count < count)
            {
                var label = drawable[random.Weighted(weights)].Label;
                if (!labels.Contains(label))
                {
                    labels.Add(label);
                }
            }

            var scene = Scene.Compose(ref random, labels, style, MaxAngle, Mirrored);
            var named = labels.ToArray();
            random.Shuffle(named.AsSpan());
            if (count > 1 && random.Chance(PartialCaptions))
            {
                named = named[..(1 + random.Below(count - 1))];
            }

            var namesStyle = random.Chance(NamedStyles);
            return new WebPicture(scene, style, Captions.Write(ref random, named, namesStyle ? style : null), named, namesStyle);
        }
    }
}
