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

        FixedSettings.Require(model, "model_cfg", ("init_logit_bias", "null"), ("multimodal_cfg", "null"));
        FixedSettings.Require(
            vision, "vision_cfg",
            ("ls_init_value", "null"), ("attentional_pool", "false"), ("global_average_pool", "false"), ("no_ln_pre", "false"), ("input_patchnorm", "false"),
            ("pos_embed_type", "\"learnable\""), ("final_ln_after_pool", "false"), ("pool_type", "\"tok\""), ("output_tokens", "false"), ("act_kwargs", "{}"), ("norm_kwargs", "{}"));
        return new(
            model.Size("embed_dim"),
            Vision(vision) with { Pixels = PreprocessorConfig.ParseOpenClip(root) },
            Text(text),
            model.Flag("quick_gelu"));
    }

    public static JsonObject Format(ClipConfig config)
    {
        var (vision, text) = (new JsonObject { ["image_size"] = config.Vision.ImageSize }, config.Text);
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
            Ratio(vision, config.Vision.MlpWidth, config.Vision.Width);
        }

        var texts = new JsonObject
        {
            ["context_length"] = text.ContextLength, ["vocab_size"] = text.VocabSize, ["width"] = text.Width, ["heads"] = text.Heads, ["layers"] = text.Layers,
        };
        Ratio(texts, text.MlpWidth, text.Width);
        return new()
        {
            ["model_cfg"] = new JsonObject
            {
                ["embed_dim"] = config.EmbedDim,
                ["quick_gelu"] = config.QuickGelu,
                ["vision_cfg"] = vision,
                ["text_cfg"] = texts,
            },
            ["preprocess_cfg"] = PreprocessorConfig.FormatOpenClip(config.Vision.Pixels),
        };
    }

    private static void Ratio(JsonObject tower, int? mlpWidth, int width)
    {
        if (mlpWidth is { } hidden)
        {
            tower["mlp_ratio"] = (double)hidden / width;
        }
    }

    private static int? MlpWidth(JsonElement tower, int width) =>
        tower.Number("mlp_ratio") is { } ratio ? (int)(width * ratio + 1e-6) : null;

    private static ClipTextConfig Text(JsonElement text)
    {
        FixedSettings.Require(
            text, "text_cfg",
            ("hf_tokenizer_name", "null"), ("tokenizer_kwargs", "{}"), ("ls_init_value", "null"), ("embed_cls", "false"), ("no_causal_mask", "false"),
            ("final_ln_after_pool", "false"), ("proj_bias", "false"), ("proj_type", "\"linear\""), ("output_tokens", "false"), ("act_kwargs", "{}"), ("norm_kwargs", "{}"));
        var (width, vocabulary) = (text.Size("width", 512), text.Size("vocab_size", 49408));

        // The end token is found as the highest id; open_clip's other pool looks for a named id, which may be the same one.
        var named = text.Text("pool_type") == "eos";
        FixedSettings.Require(text, "text_cfg", named ? ("eos_id", $"{vocabulary - 1}") : ("pool_type", "\"argmax\""));
        return new(text.Size("context_length", 77), vocabulary, width, text.Size("heads", 8), text.Size("layers", 12)) { MlpWidth = MlpWidth(text, width) };
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
        return ClipVisionConfig.ViT(side, tokens, vision.Size("patch_size", 16), vision.Size("layers", 12), tokens / headWidth) with { MlpWidth = MlpWidth(vision, tokens) };
    }
}
