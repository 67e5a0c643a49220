namespace ZsMlc.MicroModels.World;

/// <summary>The six kinds of background, each a blend of two colours.</summary>
internal static class Background
{
    private const int Cells = 5;

    /// <summary>Fills height × width × 3 floats in [0, 255].</summary>
    public static void Fill(Scene scene, Span<float> canvas, int side)
    {
        Span<float> lattice = stackalloc float[Cells * Cells];
        var random = new WorldRandom(scene.Noise);
        for (var i = 0; i < lattice.Length; i++)
        {
            lattice[i] = random.Between(0, 1);
        }

        var (sin, cos) = MathF.SinCos(scene.Phase * MathF.Tau);
        var (a, b) = (scene.First, scene.Second);
        for (var y = 0; y < side; y++)
        {
            for (var x = 0; x < side; x++)
            {
                var t = Blend(scene, (x + 0.5f) / side, (y + 0.5f) / side, sin, cos, lattice);
                var at = (y * side + x) * 3;
                canvas[at] = a.R + (b.R - a.R) * t;
                canvas[at + 1] = a.G + (b.G - a.G) * t;
                canvas[at + 2] = a.B + (b.B - a.B) * t;
            }
        }
    }

    private static float Blend(Scene scene, float x, float y, float sin, float cos, ReadOnlySpan<float> lattice)
    {
        var along = (x - 0.5f) * cos + (y - 0.5f) * sin;
        switch (scene.Background)
        {
            case BackgroundKind.Plain:
                return 0;
            case BackgroundKind.Linear:
                return Math.Clamp(along + 0.5f, 0, 1);
            case BackgroundKind.Radial:
                var (dx, dy) = (x - 0.5f - 0.3f * cos, y - 0.5f - 0.3f * sin);
                return Math.Clamp(MathF.Sqrt(dx * dx + dy * dy) * 1.3f, 0, 1);
            case BackgroundKind.Stripes:
                return 0.5f * (1 + Math.Clamp(3 * MathF.Sin(along * MathF.Tau * (2 + 2 * scene.Phase)), -1, 1));
            case BackgroundKind.Checks:
                var period = 2 + 2 * scene.Phase;
                return 0.5f * (1 + Math.Clamp(4 * MathF.Sin(x * MathF.PI * period + scene.Phase) * MathF.Sin(y * MathF.PI * period + 1), -1, 1));
            default:
                return Clouds(x, y, lattice);
        }
    }

    private static float Clouds(float x, float y, ReadOnlySpan<float> lattice)
    {
        var u = x * (Cells - 1);
        var v = y * (Cells - 1);
        var (i, j) = (Math.Min((int)u, Cells - 2), Math.Min((int)v, Cells - 2));
        var (fu, fv) = (Smooth(u - i), Smooth(v - j));
        var top = lattice[j * Cells + i] * (1 - fu) + lattice[j * Cells + i + 1] * fu;
        var bottom = lattice[(j + 1) * Cells + i] * (1 - fu) + lattice[(j + 1) * Cells + i + 1] * fu;
        return top * (1 - fv) + bottom * fv;
    }

    private static float Smooth(float t) => t * t * (3 - 2 * t);
}
