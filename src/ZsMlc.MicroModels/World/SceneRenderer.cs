namespace ZsMlc.MicroModels.World;

/// <summary>Draws scenes: background, then each sprite by an inverse rotation with bilinear samples of the nearest halving.</summary>
internal static class SceneRenderer
{
    /// <summary>Side of the pictures of the micro world, in pixels.</summary>
    public const int PictureSide = 32;

    /// <summary>Draws into <paramref name="rgb"/>: height × width × 3 bytes.</summary>
    public static void Render(Scene scene, Span<byte> rgb, int side = PictureSide)
    {
        Span<float> canvas = side <= 64 ? stackalloc float[side * side * 3] : new float[side * side * 3];
        Background.Fill(scene, canvas, side);
        foreach (var item in scene.Objects)
        {
            Paste(item, canvas, side);
        }

        for (var i = 0; i < canvas.Length; i++)
        {
            rgb[i] = (byte)Math.Clamp(canvas[i] + 0.5f, 0, 255);
        }
    }

    /// <summary>Draws one scene to a new array.</summary>
    public static byte[] Render(Scene scene)
    {
        var rgb = new byte[PictureSide * PictureSide * 3];
        Render(scene, rgb);
        return rgb;
    }

    private static void Paste(SceneObject item, Span<float> canvas, int side)
    {
        var sprite = Sprites.Find(item.Label, item.Style)
            ?? throw new InvalidOperationException($"The style '{item.Style}' has no drawing of '{item.Label}'.");
        var pixels = item.Size * side;
        var level = Math.Clamp((int)MathF.Round(MathF.Log2(Sprite.Side / pixels)), 0, sprite.Levels.Length - 1);
        var source = sprite.Levels[level];
        var sourceSide = Sprite.Side >> level;
        var scale = sourceSide / pixels;
        var (sin, cos) = MathF.SinCos(item.Angle);
        var (centreX, centreY) = (item.X * side, item.Y * side);
        var reach = pixels * 0.5f * (MathF.Abs(sin) + MathF.Abs(cos)) + 1;
        int left = Math.Max(0, (int)(centreX - reach)), right = Math.Min(side - 1, (int)(centreX + reach));
        int top = Math.Max(0, (int)(centreY - reach)), bottom = Math.Min(side - 1, (int)(centreY + reach));
        var (gainR, gainG, gainB) = item.Gain;
        for (var y = top; y <= bottom; y++)
        {
            for (var x = left; x <= right; x++)
            {
                var dx = x + 0.5f - centreX;
                var dy = y + 0.5f - centreY;
                var u = (cos * dx + sin * dy) * scale;
                var v = (cos * dy - sin * dx) * scale;
                u = (item.Mirrored ? -u : u) + sourceSide * 0.5f - 0.5f;
                v += sourceSide * 0.5f - 0.5f;
                if (u <= -1 || v <= -1 || u >= sourceSide || v >= sourceSide)
                {
                    continue;
                }

                Sample(source, sourceSide, u, v, out var r, out var g, out var b, out var a);
                var keep = 1 - a / 255;
                var at = (y * side + x) * 3;
                canvas[at] = canvas[at] * keep + MathF.Min(r * gainR, a);
                canvas[at + 1] = canvas[at + 1] * keep + MathF.Min(g * gainG, a);
                canvas[at + 2] = canvas[at + 2] * keep + MathF.Min(b * gainB, a);
            }
        }
    }

    private static void Sample(float[] source, int side, float u, float v, out float r, out float g, out float b, out float a)
    {
        r = g = b = a = 0;
        var x0 = (int)MathF.Floor(u);
        var y0 = (int)MathF.Floor(v);
        var fx = u - x0;
        var fy = v - y0;
        for (var j = 0; j < 2; j++)
        {
            var y = y0 + j;
            if ((uint)y >= (uint)side)
            {
                continue;
            }

            var wy = j == 0 ? 1 - fy : fy;
            for (var i = 0; i < 2; i++)
            {
                var x = x0 + i;
                if ((uint)x >= (uint)side)
                {
                    continue;
                }

                var w = wy * (i == 0 ? 1 - fx : fx);
                var at = (y * side + x) * 4;
                r += w * source[at];
                g += w * source[at + 1];
                b += w * source[at + 2];
                a += w * source[at + 3];
            }
        }
    }
}
