using System.Text.Json;
using System.Text.Json.Nodes;

namespace ZsMlc.Torch.Clip;

/// <summary>open_clip's <c>open_clip_config.json</c>, or the plain model configuration inside it.</summary>
internal static class OpenClipConfig
{
    private const int HeadWidth = 64;

    public static ClipConfig Parse(JsonElement root)
    {
        var model = root.TryGetProperty("model_cfg", out var inner) ? inner : root;
        var (vision, text) = (Required(model, "vision_cfg"), Required(model, "text_cfg"));
        foreach (var (part, name) in new[] { (vision, "timm_model_name"), (text, "hf_model_name") })
        {
            if (part.Text(name) is { } foreign)
            {
                throw new FormatException($"'{name}' asks for the network {foreign}; expected one of CLIP's own towers.");
            }
        }

        return new(
            model.Size("embed_dim"),
            Vision(vision),
            new(text.Size("context_length", 77), text.Size("vocab_size", 49408), text.Size("width", 512), text.Size("heads", 8), text.Size("layers", 12)),
            model.TryGetProperty("quick_gelu", out var quick) && quick.GetBoolean());
    }

    public static JsonObject Format(ClipConfig config)
    {
        var vision = new JsonObject { ["image_size"] = config.Vision.ImageSize };
        if (config.Vision.ResNetLayers is { } layers)
        {
            vision["layers"] = new JsonArray(layers.Select(l => (JsonNode)l).ToArray());
            vision["width"] = config.Vision.Width;
            vision["head_width"] = config.Vision.Width * 32 / config.Vision.Heads;
        }
        else
        {
            vision["layers"] = config.Vision.Layers;
            vision["width"] = config.Vision.Width;
            vision["head_width"] = config.Vision.Width / config.Vision.Heads;
            vision["patch_size"] = config.Vision.PatchSize;
        }

        return new()
        {
            ["model_cfg"] = new JsonObject
            {
                ["embed_dim"] = config.EmbedDim,
                ["quick_gelu"] = config.QuickGelu,
                ["vision_cfg"] = vision,
                ["text_cfg"] = new JsonObject
                {
                    ["context_length"] = config.Text.ContextLength,
                    ["vocab_size"] = config.Text.VocabSize,
                    ["width"] = config.Text.Width,
                    ["heads"] = config.Text.Heads,
                    ["layers"] = config.Text.Layers,
                },
            },
        };
    }

    private static JsonElement Required(JsonElement model, string name) =>
        model.TryGetProperty(name, out var part) ? part : throw new KeyNotFoundException($"'{name}' is missing.");

    private static ClipVisionConfig Vision(JsonElement vision)
    {
        var (side, headWidth) = (vision.Size("image_size", 224), vision.Size("head_width", HeadWidth));
        if (vision.TryGetProperty("layers", out var layers) && layers.ValueKind == JsonValueKind.Array)
        {
            var width = vision.Size("width", 64);
            return ClipVisionConfig.ResNet(side, width, layers.EnumerateArray().Select(l => l.GetInt32()).ToArray(), width * 32 / headWidth);
        }

        var tokens = vision.Size("width", 768);
        return ClipVisionConfig.ViT(side, tokens, vision.Size("patch_size", 16), vision.Size("layers", 12), tokens / headWidth);
    }
}
