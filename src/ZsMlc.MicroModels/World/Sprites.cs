using System.Collections.Concurrent;
using SkiaSharp;
using ZsMlc.MicroModels.Files;

namespace ZsMlc.MicroModels.World;

/// <summary>One drawing as premultiplied RGBA, with its halvings so that small copies do not alias.</summary>
internal sealed class Sprite
{
    /// <summary>Levels[k] is square with side 64 / 2^k, four floats a pixel in [0, 255] (alpha too).</summary>
    public required float[][] Levels { get; init; }

    public const int Side = 64;

    public static Sprite FromPremultiplied(float[] pixels)
    {
        var levels = new List<float[]> { pixels };
        for (var side = Side; side > 8; side /= 2)
        {
            levels.Add(Halve(levels[^1], side));
        }

        return new Sprite { Levels = [.. levels] };
    }

    private static float[] Halve(float[] source, int side)
    {
        var half = side / 2;
        var target = new float[half * half * 4];
        for (var y = 0; y < half; y++)
        {
            for (var x = 0; x < half; x++)
            {
                for (var c = 0; c < 4; c++)
                {
                    var at = (2 * y * side + 2 * x) * 4 + c;
                    target[(y * half + x) * 4 + c] = (source[at] + source[at + 4] + source[at + side * 4] + source[at + side * 4 + 4]) / 4;
                }
            }
        }

        return target;
    }
}

/// <summary>The drawings of every label in every style, read once from the embedded sheets.</summary>
internal static class Sprites
{
    private const int Columns = 12;
    private static readonly Lazy<Dictionary<(string Label, string Sheet), int>> Index = new(ReadIndex);
    private static readonly ConcurrentDictionary<string, Sprite?[]> Sheets = new();

    /// <summary>The drawing, or null where the style has none.</summary>
    public static Sprite? Find(string label, WorldStyle style) =>
        Index.Value.TryGetValue((label, style.SheetName()), out var position)
            ? Sheets.GetOrAdd(style.SheetName(), ReadSheet)[position]
            : null;

    /// <summary>The labels that a style can draw.</summary>
    public static bool Has(string label, WorldStyle style) => Index.Value.ContainsKey((label, style.SheetName()));

    private static Dictionary<(string, string), int> ReadIndex()
    {
        using var reader = new StreamReader(EmbeddedFiles.Open("Sprites/sprites.tsv"));
        var sheets = reader.ReadLine()!.Split('\t')[1..];
        var index = new Dictionary<(string, string), int>();
        for (var row = 0; reader.ReadLine() is { } line; row++)
        {
            var fields = line.Split('\t');
            for (var i = 0; i < sheets.Length; i++)
            {
                if (fields[i + 1] == "1")
                {
                    index[(fields[0], sheets[i])] = row;
                }
            }
        }

        return index;
    }

    private static Sprite?[] ReadSheet(string name)
    {
        using var stream = EmbeddedFiles.Open($"Sprites/{name}.png");
        using var decoded = SKBitmap.Decode(stream);
        using var sheet = new SKBitmap(new SKImageInfo(decoded.Width, decoded.Height, SKColorType.Rgba8888, SKAlphaType.Premul));
        if (!decoded.CopyTo(sheet, SKColorType.Rgba8888))
        {
            throw new InvalidDataException($"The sprite sheet '{name}' cannot be read as RGBA.");
        }

        var bytes = sheet.GetPixelSpan();
        var sprites = new Sprite?[Columns * (sheet.Height / Sprite.Side)];
        for (var i = 0; i < sprites.Length; i++)
        {
            var pixels = new float[Sprite.Side * Sprite.Side * 4];
            for (var y = 0; y < Sprite.Side; y++)
            {
                var row = bytes.Slice((i / Columns * Sprite.Side + y) * sheet.RowBytes + i % Columns * Sprite.Side * 4, Sprite.Side * 4);
                for (var x = 0; x < row.Length; x++)
                {
                    pixels[y * Sprite.Side * 4 + x] = row[x];
                }
            }

            sprites[i] = Sprite.FromPremultiplied(pixels);
        }

        return sprites;
    }
}
