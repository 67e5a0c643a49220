using System.Text.Json.Nodes;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Clip;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Clip;

/// <summary>What the configurations of open_clip and Hugging Face say is obeyed, or refused by name.</summary>
[TestClass]
public sealed class ForeignSettingsTests
{
    private static ClipConfig Config { get; } = ClipModelTests.TinyViT with
    {
        Vision = ClipModelTests.TinyViT.Vision with { MlpWidth = 40, Pixels = new(0.5f, 0.4f, 0.5f, 0.5f, 0.25f, 0.5f) },
        Text = ClipModelTests.TinyViT.Text with { MlpWidth = 24 },
    };

    [TestMethod]
    [DataRow(ClipFolderLayout.OpenClip)]
    [DataRow(ClipFolderLayout.HuggingFace)]
    public void FromPretrained_OtherMeansAndPerceptrons_AreObeyed(ClipFolderLayout layout)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var model = new ClipModel(Config);
        model.Save(folder.Path, ScalarType.Float32, layout);
        using var read = ClipModel.FromPretrained(folder.Path);
        var half = full([1, 3, 32, 32], 0.5);

        Assert.AreEqual(Config, read.Config);
        Golden.AssertClose(tensor(new[] { 0f, 0.4f, 0f }), read.Preprocessor.Preprocess(half)[0, .., 3, 3], 0, 1e-6, "normalised grey");
    }

    [TestMethod]
    [DataRow("model_cfg/vision_cfg", "pool_type", "\"avg\"")]
    [DataRow("model_cfg/vision_cfg", "no_ln_pre", "true")]
    [DataRow("model_cfg/vision_cfg", "pos_embed_type", "\"sin_cos_2d\"")]
    [DataRow("model_cfg/vision_cfg", "attentional_pool", "\"parallel\"")]
    [DataRow("model_cfg/vision_cfg", "ls_init_value", "0.1")]
    [DataRow("model_cfg/text_cfg", "pool_type", "\"last\"")]
    [DataRow("model_cfg/text_cfg", "hf_tokenizer_name", "\"bert-base-uncased\"")]
    [DataRow("model_cfg/text_cfg", "tokenizer_kwargs", "{\"clean\": \"canonicalize\"}")]
    [DataRow("model_cfg/text_cfg", "no_causal_mask", "true")]
    [DataRow("model_cfg/text_cfg", "norm_kwargs", "{\"eps\": 1e-6}")]
    [DataRow("model_cfg", "init_logit_bias", "-10")]
    [DataRow("model_cfg", "multimodal_cfg", "{\"width\": 512}")]
    [DataRow("preprocess_cfg", "interpolation", "\"bilinear\"")]
    [DataRow("preprocess_cfg", "resize_mode", "\"squash\"")]
    [DataRow("preprocess_cfg", "mean", "\"0.5\"")]
    [DataRow("preprocess_cfg", "mean", "[0.5, 0.5]")]
    [DataRow("preprocess_cfg", "mean", "1e39")]
    [DataRow("preprocess_cfg", "std", "1e-45")]
    [DataRow("preprocess_cfg", "std", "[0.5, -0.5, 0.5]")]
    [DataRow("", "preprocess_cfg", "\"x\"")]
    [DataRow("", "preprocess_cfg", "[1]")]
    [DataRow("model_cfg", "quick_gelu", "\"yes\"")]
    [DataRow("model_cfg/vision_cfg", "mlp_ratio", "\"4.0\"")]
    [DataRow("model_cfg/vision_cfg", "timm_model_name", "5")]
    [DataRow("model_cfg/text_cfg", "hf_model_name", "[\"x\"]")]
    public void FromPretrained_OpenClipSettingThatIsNotComputed_IsRefusedByName(string part, string name, string value) =>
        AssertRefused(ClipFolderLayout.OpenClip, "open_clip_config.json", part, name, value);

    [TestMethod]
    [DataRow("config.json", "vision_config", "layer_norm_eps", "1e-6")]
    [DataRow("config.json", "vision_config", "num_channels", "4")]
    [DataRow("config.json", "text_config", "layer_norm_eps", "1e-12")]
    [DataRow("config.json", "text_config", "eos_token_id", "7")]
    [DataRow("config.json", "text_config", "hidden_act", "5")]
    [DataRow("config.json", "vision_config", "hidden_act", "[\"gelu\"]")]
    [DataRow("config.json", "", "text_config", "[]")]
    [DataRow("config.json", "", "vision_config_dict", "\"x\"")]
    [DataRow("config.json", "", "text_config_dict", "{\"hidden_act\": \"relu\"}")]
    [DataRow("preprocessor_config.json", "", "image_mean", "{}")]
    [DataRow("preprocessor_config.json", "", "image_std", "0")]
    [DataRow("preprocessor_config.json", "", "resample", "2")]
    [DataRow("preprocessor_config.json", "", "do_center_crop", "false")]
    [DataRow("preprocessor_config.json", "", "size", "{\"height\": 32, \"width\": 32}")]
    [DataRow("preprocessor_config.json", "", "crop_size", "31")]
    [DataRow("preprocessor_config.json", "", "image_std", "[0.5, 0, 0.5]")]
    public void FromPretrained_HuggingFaceSettingThatIsNotComputed_IsRefusedByName(string file, string part, string name, string value) =>
        AssertRefused(ClipFolderLayout.HuggingFace, file, part, name, value);

    [TestMethod]
    public void FromPretrained_SettingsThatSayTheSame_AreTaken()
    {
        using var folder = new TemporaryFolder();
        using var model = new ClipModel(Config);
        model.Save(folder.Path, layout: ClipFolderLayout.HuggingFace);
        Set(folder["config.json"], "text_config", "eos_token_id", "2");
        Set(folder["config.json"], "vision_config", "layer_norm_eps", "0.00001");
        Set(folder["preprocessor_config.json"], "", "size", "32");
        File.WriteAllText(folder["processor_config.json"], $$"""{"image_processor": {{File.ReadAllText(folder["preprocessor_config.json"])}}, "processor_class": "CLIPProcessor"}""");
        File.Delete(folder["preprocessor_config.json"]);

        using var read = ClipModel.FromPretrained(folder.Path);

        Assert.AreEqual(Config, read.Config);
    }

    [TestMethod]
    [DataRow(ClipFolderLayout.OpenClip, "open_clip_config.json", "preprocess_cfg", "mean", "std")]
    [DataRow(ClipFolderLayout.HuggingFace, "preprocessor_config.json", "", "image_mean", "image_std")]
    public void FromPretrained_OneNumberForAllColours_IsObeyed(ClipFolderLayout layout, string file, string part, string mean, string deviation)
    {
        using var folder = new TemporaryFolder();
        using var model = new ClipModel(Config);
        model.Save(folder.Path, layout: layout);
        Set(folder[file], part, mean, "0.5");
        Set(folder[file], part, deviation, "0.25");

        using var read = ClipModel.FromPretrained(folder.Path);

        Assert.AreEqual(new(0.5f, 0.5f, 0.5f, 0.25f, 0.25f, 0.25f), read.Config.Vision.Pixels);
    }

    [TestMethod]
    public void FromPretrained_TowersSaidTwice_AreThoseThatTransformersTakes()
    {
        using var folder = new TemporaryFolder();
        using var model = new ClipModel(Config);
        model.Save(folder.Path, layout: ClipFolderLayout.HuggingFace);
        var root = JsonNode.Parse(File.ReadAllText(folder["config.json"]))!;
        foreach (var name in new[] { "text_config", "vision_config" })
        {
            root[name + "_dict"] = root[name]!.DeepClone();
            root[name]!["num_attention_heads"] = 1;
        }

        File.WriteAllText(folder["config.json"], root.ToJsonString());
        using var read = ClipModel.FromPretrained(folder.Path);

        Assert.AreEqual(Config, read.Config);
    }

    [TestMethod]
    public void FromPretrained_BareFileWithOpenAIsScalars_HasQuickGelu()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var model = new ClipModel(new(16, ClipVisionConfig.ViT(32, 64, 8, 1), new(12, 100, 64, 1, 1)));
        model.Save(folder["model"], ScalarType.Float32);
        using var file = SafetensorsFile.Open(folder["model/open_clip_model.safetensors"]);
        var tensors = file.Names.ToDictionary(n => n, file.Read);
        SafetensorsWriter.Write(folder["plain.safetensors"], tensors);
        (tensors["input_resolution"], tensors["context_length"], tensors["vocab_size"]) = (tensor(32L), tensor(12L), tensor(100L));
        SafetensorsWriter.Write(folder["openai.safetensors"], tensors);

        using var plain = ClipModel.FromPretrained(folder["plain.safetensors"]);
        using var openAI = ClipModel.FromPretrained(folder["openai.safetensors"]);

        Assert.AreEqual((false, true), (plain.Config.QuickGelu, openAI.Config.QuickGelu));
    }

    private static void AssertRefused(ClipFolderLayout layout, string file, string part, string name, string value)
    {
        using var folder = new TemporaryFolder();
        using var model = new ClipModel(Config);
        model.Save(folder.Path, layout: layout);
        Set(folder[file], part, name, value);

        var e = Assert.ThrowsExactly<CheckpointFormatException>(() => ClipModel.FromPretrained(folder.Path));

        StringAssert.Contains(e.Message, name.Replace("text_config_dict", "hidden_act"));
        StringAssert.Contains(e.Message, file);
    }

    private static void Set(string path, string part, string name, string value)
    {
        var root = JsonNode.Parse(File.ReadAllText(path))!;
        var target = part.Split('/', StringSplitOptions.RemoveEmptyEntries).Aggregate(root, (node, step) => node[step]!);
        target[name] = JsonNode.Parse(value);
        File.WriteAllText(path, root.ToJsonString());
    }
}
