namespace ZsMlc.MicroModels.World;

/// <summary>One drawing in a scene. Centre and size are fractions of the picture's side.</summary>
/// <param name="Label">What it shows.</param>
/// <param name="Style">In which style.</param>
/// <param name="X">Centre, left to right.</param>
/// <param name="Y">Centre, top to bottom.</param>
/// <param name="Size">Side of the drawing's square.</param>
/// <param name="Angle">Rotation in radians.</param>
/// <param name="Mirrored">Flipped left to right.</param>
/// <param name="Gain">Red, green and blue factors.</param>
internal sealed record SceneObject(
    string Label, WorldStyle Style, float X, float Y, float Size, float Angle, bool Mirrored, (float R, float G, float B) Gain);

/// <summary>The six kinds of background.</summary>
internal enum BackgroundKind
{
    Plain,
    Linear,
    Radial,
    Stripes,
    Checks,
    Clouds,
}

/// <summary>A picture before it is drawn: a background and one to six objects, later ones in front.</summary>
internal sealed record Scene(
    BackgroundKind Background, (float R, float G, float B) First, (float R, float G, float B) Second, float Phase, ulong Noise, IReadOnlyList<SceneObject> Objects)
{
    /// <summary>The largest rotation of an object to either side, unless a corpus asks for another.</summary>
    public const double MaxAngle = 18 * Math.PI / 180;

    /// <summary>The share of objects that are mirrored, unless a corpus asks for another.</summary>
    public const double Mirrored = 0.5;

    private static readonly (double Low, double High)[] Sizes = [(0.55, 0.9), (0.42, 0.6), (0.34, 0.48), (0.3, 0.4), (0.26, 0.36), (0.24, 0.32)];

    public IEnumerable<string> Labels => Objects.Select(o => o.Label).Distinct();

    /// <summary>
    /// Places the labels, each drawn in <paramref name="style"/>, at random, rotated by at most <paramref name="maxAngle"/> radians and
    /// mirrored with the chance <paramref name="mirrored"/>.
    /// </summary>
    public static Scene Compose(ref WorldRandom random, IReadOnlyList<string> labels, WorldStyle style, double maxAngle = MaxAngle, double mirrored = Mirrored)
    {
        var (low, high) = Sizes[labels.Count - 1];
        var objects = new List<SceneObject>(labels.Count);
        foreach (var label in labels)
        {
            var size = random.Between(low, high);
            var (x, y) = FreePlace(ref random, objects, size);
            var brightness = random.Between(0.9, 1.1);
            objects.Add(new SceneObject(
                label, style, x, y, size, random.Between(-maxAngle, maxAngle), random.Chance(mirrored),
                (brightness * random.Between(0.9, 1.1), brightness * random.Between(0.9, 1.1), brightness * random.Between(0.9, 1.1))));
        }

        return new Scene(
            (BackgroundKind)random.Below(6), Colour(ref random), Colour(ref random), random.Between(0, 1), (ulong)random.Below(int.MaxValue), objects);
    }

    /// <summary>The same scene with one object showing something else.</summary>
    public Scene WithLabel(int index, string label)
    {
        var objects = Objects.ToArray();
        objects[index] = objects[index] with { Label = label };
        return this with { Objects = objects };
    }

    private static (float X, float Y) FreePlace(ref WorldRandom random, List<SceneObject> placed, float size)
    {
        (float X, float Y) best = default;
        var bestClearance = float.NegativeInfinity;
        for (var attempt = 0; attempt < 12; attempt++)
        {
            var margin = size / 2 * 0.92;
            var x = random.Between(margin, 1 - margin);
            var y = random.Between(margin, 1 - margin);
            var clearance = 1f;
            foreach (var other in placed)
            {
                var distance = MathF.Max(MathF.Abs(other.X - x), MathF.Abs(other.Y - y));
                clearance = MathF.Min(clearance, distance / ((other.Size + size) / 2));
            }

            if (clearance > bestClearance)
            {
                (best, bestClearance) = ((x, y), clearance);
            }
        }

        return best;
    }

    private static (float R, float G, float B) Colour(ref WorldRandom random)
    {
        var hue = random.Between(0, 6);
        var saturation = random.Between(0.05, 0.6);
        var value = random.Between(70, 245);
        float Channel(float offset)
        {
            var k = (offset + hue) % 6;
            return value * (1 - saturation * Math.Clamp(Math.Min(k, 4 - k), 0, 1));
        }

        return (Channel(5), Channel(3), Channel(1));
    }
}
