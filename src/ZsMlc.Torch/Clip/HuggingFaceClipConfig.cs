using System.Text.Json;
using System.Text.Json.Nodes;

namespace ZsMlc.Torch.Clip;

/// <summary>Hugging Face's <c>config.json</c> of a CLIP model. A released file leaves out what equals the defaults, those of ViT-B/32.</summary>
internal static class HuggingFaceClipConfig
{
    public static ClipConfig Parse(JsonElement root)
    {
        var type = root.Text("model_type");
        if (type != "clip")
        {
            throw new FormatException($"model_type is '{type}'; expected 'clip'.");
        }

        var (vision, text) = (Tower(root, "vision_config"), Tower(root, "text_config"));
        var (visionAct, textAct) = (vision.Text("hidden_act") ?? "quick_gelu", text.Text("hidden_act") ?? "quick_gelu");
        if (visionAct != textAct || textAct is not ("quick_gelu" or "gelu"))
        {
            throw new FormatException($"hidden_act is '{visionAct}' for images and '{textAct}' for texts; expected 'quick_gelu' or 'gelu' for both.");
        }

        var vocabulary = text.Size("vocab_size", 49408);
        FixedSettings.Require(vision, "vision_config", ("layer_norm_eps", "1e-5"), ("num_channels", "3"));

        // 2 is what CLIP's first configurations say, and transformers then looks for the highest id, as is done here.
        var first = text.TryGetProperty("eos_token_id", out var end) && end.ValueKind == JsonValueKind.Number && end.GetInt32() == 2;
        FixedSettings.Require(text, "text_config", ("layer_norm_eps", "1e-5"), ("eos_token_id", first ? "2" : $"{vocabulary - 1}"));
        return new(
            root.Size("projection_dim", 512),
            ClipVisionConfig.ViT(vision.Size("image_size", 224), vision.Size("hidden_size", 768), vision.Size("patch_size", 32), vision.Size("num_hidden_layers", 12), vision.Size("num_attention_heads", 12))
                with { MlpWidth = vision.Size("intermediate_size", 3072) },
            new(text.Size("max_position_embeddings", 77), vocabulary, text.Size("hidden_size", 512), text.Size("num_attention_heads", 8), text.Size("num_hidden_layers", 12))
                { MlpWidth = text.Size("intermediate_size", 2048) },
            textAct == "quick_gelu");
    }

    // Where older files say a tower's settings twice, transformers takes all of them, defaults included, from the second place.
    private static JsonElement Tower(JsonElement root, string name) =>
        root.TryGetProperty(name + "_dict", out var older) && older.ValueKind != JsonValueKind.Null ? root.Part(name + "_dict") : root.Part(name);

    public static JsonObject Format(ClipConfig config, ClipTokenizer tokenizer)
    {
        var act = config.QuickGelu ? "quick_gelu" : "gelu";
        return new()
        {
            ["architectures"] = new JsonArray("CLIPModel"),
            ["model_type"] = "clip",
            ["projection_dim"] = config.EmbedDim,
            ["text_config"] = new JsonObject
            {
                ["model_type"] = "clip_text_model",
                ["hidden_size"] = config.Text.Width,
                ["intermediate_size"] = config.Text.HiddenWidth,
                ["num_attention_heads"] = config.Text.Heads,
                ["num_hidden_layers"] = config.Text.Layers,
                ["max_position_embeddings"] = config.Text.ContextLength,
                ["vocab_size"] = config.Text.VocabSize,
                ["projection_dim"] = config.EmbedDim,
                ["hidden_act"] = act,
                ["bos_token_id"] = tokenizer.StartId,
                ["eos_token_id"] = tokenizer.EndId,
            },
            ["vision_config"] = new JsonObject
            {
                ["model_type"] = "clip_vision_model",
                ["hidden_size"] = config.Vision.Width,
                ["intermediate_size"] = config.Vision.HiddenWidth,
                ["num_attention_heads"] = config.Vision.Heads,
                ["num_hidden_layers"] = config.Vision.Layers,
                ["image_size"] = config.Vision.ImageSize,
                ["patch_size"] = config.Vision.PatchSize,
                ["projection_dim"] = config.EmbedDim,
                ["hidden_act"] = act,
            },
        };
    }
}
