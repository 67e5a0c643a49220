using System.Text.Json;
using System.Text.Json.Nodes;
using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.Torch.Clip;

/// <summary>Configuration files of model folders: open_clip's and Hugging Face's.</summary>
internal static class ClipFolder
{
    public const string OpenClipConfigFile = "open_clip_config.json", HuggingFaceConfigFile = "config.json", WeightsFile = "open_clip_model.safetensors";

    /// <summary>Reads the configuration of a folder, or returns null when it holds none.</summary>
    public static ClipConfig? ReadConfig(string folder)
    {
        var openClip = Path.Combine(folder, OpenClipConfigFile);
        if (File.Exists(openClip))
        {
            return Read(openClip, FromOpenClip);
        }

        var huggingFace = Path.Combine(folder, HuggingFaceConfigFile);
        return File.Exists(huggingFace) ? Read(huggingFace, FromHuggingFace) : null;
    }

    public static void WriteConfig(string folder, ClipConfig config)
    {
        var vision = new JsonObject { ["image_size"] = config.Vision.ImageSize, ["width"] = config.Vision.Width };
        if (config.Vision.ResNetLayers is { } layers)
        {
            vision["layers"] = new JsonArray(layers.Select(l => (JsonNode)l).ToArray());
            vision["head_width"] = config.Vision.Width * 32 / config.Vision.Heads;
        }
        else
        {
            vision["layers"] = config.Vision.Layers;
            vision["patch_size"] = config.Vision.PatchSize;
            vision["head_width"] = config.Vision.Width / config.Vision.Heads;
        }

        var text = new JsonObject
        {
            ["context_length"] = config.Text.ContextLength,
            ["vocab_size"] = config.Text.VocabSize,
            ["width"] = config.Text.Width,
            ["heads"] = config.Text.Heads,
            ["layers"] = config.Text.Layers,
        };
        var root = new JsonObject
        {
            ["model_cfg"] = new JsonObject
            {
                ["embed_dim"] = config.EmbedDim,
                ["quick_gelu"] = config.QuickGelu,
                ["vision_cfg"] = vision,
                ["text_cfg"] = text,
            },
        };
        var path = Path.Combine(folder, OpenClipConfigFile);
        var temporary = path + ".tmp";
        File.WriteAllText(temporary, root.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
        File.Move(temporary, path, overwrite: true);
    }

    private static ClipConfig Read(string path, Func<JsonElement, ClipConfig> parse)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return parse(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CheckpointFormatException(path, $"not a CLIP configuration: {e.Message}", e);
        }
    }

    private static ClipConfig FromOpenClip(JsonElement root)
    {
        var model = root.TryGetProperty("model_cfg", out var inner) ? inner : root;
        var (vision, text) = (model.GetProperty("vision_cfg"), model.GetProperty("text_cfg"));
        var layers = vision.GetProperty("layers");
        var width = Int(vision, "width");
        var headWidth = Int(vision, "head_width", 64);
        var visionConfig = layers.ValueKind == JsonValueKind.Array
            ? ClipVisionConfig.ResNet(Int(vision, "image_size"), width, layers.EnumerateArray().Select(l => l.GetInt32()).ToArray(), width * 32 / headWidth)
            : ClipVisionConfig.ViT(Int(vision, "image_size"), width, Int(vision, "patch_size"), layers.GetInt32(), width / headWidth);
        return new(
            Int(model, "embed_dim"),
            visionConfig,
            new(Int(text, "context_length", 77), Int(text, "vocab_size", 49408), Int(text, "width"), Int(text, "heads"), Int(text, "layers")),
            model.TryGetProperty("quick_gelu", out var quick) && quick.GetBoolean());
    }

    private static ClipConfig FromHuggingFace(JsonElement root)
    {
        var type = root.TryGetProperty("model_type", out var t) ? t.GetString() : null;
        if (type != "clip")
        {
            throw new FormatException($"model_type is '{type}'; expected 'clip'.");
        }

        // A released config leaves out what equals the defaults of ViT-B/32.
        var vision = Part(root, "vision_config");
        var text = Part(root, "text_config");
        return new(
            Int(root, "projection_dim", 512),
            ClipVisionConfig.ViT(Int(vision, "image_size", 224), Int(vision, "hidden_size", 768), Int(vision, "patch_size", 32), Int(vision, "num_hidden_layers", 12), Int(vision, "num_attention_heads", 12)),
            new(Int(text, "max_position_embeddings", 77), Int(text, "vocab_size", 49408), Int(text, "hidden_size", 512), Int(text, "num_attention_heads", 8), Int(text, "num_hidden_layers", 12)),
            !text.TryGetProperty("hidden_act", out var act) || act.GetString() == "quick_gelu");
    }

    private static JsonElement Part(JsonElement root, string name) =>
        root.TryGetProperty(name, out var part) && part.ValueKind == JsonValueKind.Object ? part : JsonDocument.Parse("{}").RootElement;

    private static int Int(JsonElement element, string name, int? otherwise = null) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32()
        : otherwise ?? throw new KeyNotFoundException($"'{name}' is missing.");
}
