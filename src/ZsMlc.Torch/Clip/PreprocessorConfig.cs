using System.Text.Json;
using System.Text.Json.Nodes;

namespace ZsMlc.Torch.Clip;

/// <summary>
/// How a CLIP checkpoint wants its pictures: open_clip's <c>preprocess_cfg</c> and Hugging Face's <c>image_processor</c>. Mean
/// and deviation are obeyed; another way of resizing than CLIP's is refused.
/// </summary>
internal static class PreprocessorConfig
{
    private const string Mean = "mean", Deviation = "std", ImageMean = "image_mean", ImageDeviation = "image_std";

    // Far beyond what any pixels are, and far from what overflows in the network's squares.
    private const double Largest = 1e6;

    /// <summary>Reads open_clip's form.</summary>
    public static PixelNormalization ParseOpenClip(JsonElement root)
    {
        var part = root.Part("preprocess_cfg");
        FixedSettings.Require(part, "preprocess_cfg", ("mode", "\"RGB\""), ("interpolation", "\"bicubic\""), ("resize_mode", "\"shortest\""));
        return Normalization(part, Mean, Deviation);
    }

    /// <summary>Reads Hugging Face's form.</summary>
    /// <param name="root">The processor's configuration.</param>
    /// <param name="side">Side of the tower's input in pixels, which it must give.</param>
    public static PixelNormalization ParseHuggingFace(JsonElement root, int side)
    {
        var part = root.TryGetProperty("image_processor", out var inner) ? inner : root;
        const string Name = "image_processor";
        FixedSettings.Require(
            part, Name,
            ("do_resize", "true"), ("resample", "3"), ("do_center_crop", "true"), ("do_rescale", "true"), ("rescale_factor", "0.00392156862745098"), ("do_normalize", "true"));

        // Older files have the bare number.
        var (number, shortest, square) = ($"{side}", $$"""{"shortest_edge": {{side}}}""", $$"""{"height": {{side}}, "width": {{side}}}""");
        FixedSettings.Require(part, Name, ("size", IsNumber(part, "size") ? number : shortest), ("crop_size", IsNumber(part, "crop_size") ? number : square));
        return Normalization(part, ImageMean, ImageDeviation);
    }

    /// <summary>Writes open_clip's form.</summary>
    public static JsonObject FormatOpenClip(PixelNormalization pixels) => new()
    {
        [Mean] = Numbers(pixels.Mean()), [Deviation] = Numbers(pixels.Deviation()), ["interpolation"] = "bicubic", ["resize_mode"] = "shortest",
    };

    /// <summary>Writes Hugging Face's form.</summary>
    public static JsonObject FormatHuggingFace(ClipVisionConfig vision) => new()
    {
        ["image_processor_type"] = "CLIPImageProcessor",
        ["do_convert_rgb"] = true,
        ["do_resize"] = true,
        ["size"] = new JsonObject { ["shortest_edge"] = vision.ImageSize },
        ["resample"] = 3,
        ["do_center_crop"] = true,
        ["crop_size"] = new JsonObject { ["height"] = vision.ImageSize, ["width"] = vision.ImageSize },
        ["do_rescale"] = true,
        ["do_normalize"] = true,
        [ImageMean] = Numbers(vision.Pixels.Mean()),
        [ImageDeviation] = Numbers(vision.Pixels.Deviation()),
    };

    private static bool IsNumber(JsonElement part, string name) => part.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number;

    private static PixelNormalization Normalization(JsonElement part, string mean, string deviation)
    {
        var (m, d) = (Colours(part, mean), Colours(part, deviation));
        if (m is null && d is null)
        {
            return PixelNormalization.OpenAI;
        }

        return m is [var rm, var gm, var bm] && d is [var rd, var gd, var bd] && m.Zip(d).All(c => c.Second > 0 && (1 + Math.Abs(c.First)) / c.Second <= Largest)
            ? new(rm, gm, bm, rd, gd, bd)
            : throw new FormatException($"'{mean}' and '{deviation}' are [{string.Join(", ", m ?? [])}] and [{string.Join(", ", d ?? [])}]; expected both, the deviations above 0 and not so small that a pixel exceeds {Largest}.");
    }

    /// <summary>A number for every colour, or one for all; null where there is none.</summary>
    private static float[]? Colours(JsonElement part, string name)
    {
        if (!part.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        JsonElement[] colours = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value, value, value];
        return colours.Length == 3 && colours.All(c => c.ValueKind == JsonValueKind.Number && Math.Abs(c.GetDouble()) <= Largest)
            ? [.. colours.Select(c => c.GetSingle())]
            : throw new FormatException($"'{name}' is {value.GetRawText()}; expected a number or three of them, from -{Largest} to {Largest}.");
    }

    private static JsonArray Numbers(IEnumerable<float> values) => new([.. values.Select(v => (JsonNode)v)]);
}
