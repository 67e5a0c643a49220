using System.Text.Json.Nodes;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Clip;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Clip;

[TestClass]
public sealed class ClipFolderTests
{
    private static readonly Dictionary<string, int> s_vocabulary =
        new() { ["a"] = 0, ["b</w>"] = 1, ["ab</w>"] = 2, ["a</w>"] = 3, ["b"] = 4, ["<|startoftext|>"] = 5, ["<|endoftext|>"] = 6 };

    private static ClipConfig Config { get; } = ClipModelTests.TinyViT with { Text = new(12, 7, 16, 2, 1) };

    [TestMethod]
    [DataRow(ClipFolderLayout.OpenClip)]
    [DataRow(ClipFolderLayout.HuggingFace)]
    public void Save_OwnVocabulary_ComesBackFromFolderAndFile(ClipFolderLayout layout)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var model = new ClipModel(Config, new ClipTokenizer(s_vocabulary, ["a b</w>"]));
        model.eval();
        model.Save(folder.Path, ScalarType.Float32, layout);
        model.Save(folder.Path, ScalarType.Float32, layout);
        Assert.IsEmpty(Directory.GetFiles(folder.Path, "*.tmp"));
        foreach (var path in new[] { folder.Path, Directory.GetFiles(folder.Path, "*.safetensors").Single() })
        {
            using var read = ClipModel.FromPretrained(path);
            Assert.AreEqual(model.Config, read.Config);
            var (images, texts) = (randn(2, 3, 32, 32), new[] { "ab a", "b" });
            Assert.IsTrue(model.EncodeImage(images).equal(read.EncodeImage(images)).all().item<bool>());
            Assert.IsTrue(model.EncodeText(texts).equal(read.EncodeText(texts)).all().item<bool>());
        }
    }

    [TestMethod]
    public void Save_HuggingFaceLayout_HasItsNames()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var model = new ClipModel(Config, new ClipTokenizer(s_vocabulary, ["a b</w>"]));
        model.Save(folder.Path, ScalarType.Float16, ClipFolderLayout.HuggingFace);
        using var file = SafetensorsFile.Open(folder["model.safetensors"]);
        CollectionAssert.IsSubsetOf(
            new[]
            {
                "vision_model.encoder.layers.1.self_attn.k_proj.weight", "vision_model.pre_layrnorm.weight", "vision_model.embeddings.class_embedding",
                "text_model.encoder.layers.0.mlp.fc1.bias", "text_model.embeddings.token_embedding.weight", "text_model.final_layer_norm.bias", "logit_scale",
            },
            file.Names.ToArray());
        CollectionAssert.AreEqual(new long[] { 16, 24 }, file.Info("visual_projection.weight").Shape);
        Assert.AreEqual(ScalarType.Float16, file.Info("visual_projection.weight").DType);
        Assert.AreEqual(32, (int)JsonNode.Parse(File.ReadAllText(folder["preprocessor_config.json"]))!["size"]!["shortest_edge"]!);
    }

    [TestMethod]
    public void Save_ResNetInHuggingFaceLayout_IsRefusedAndWritesNothing()
    {
        using var folder = new TemporaryFolder();
        using var model = new ClipModel(ClipModelTests.TinyResNet);
        Assert.ThrowsExactly<ArgumentException>(() => model.Save(folder.Path, layout: ClipFolderLayout.HuggingFace));
        Assert.IsEmpty(Directory.GetFileSystemEntries(folder.Path));
    }

    [TestMethod]
    public void Save_FolderOfTheOtherLayout_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using var model = new ClipModel(Config, new ClipTokenizer(s_vocabulary, ["a b</w>"]));
        model.Save(folder.Path);
        StringAssert.Contains(Assert.ThrowsExactly<IOException>(() => model.Save(folder.Path, layout: ClipFolderLayout.HuggingFace)).Message, "open_clip_config.json");
    }

    [TestMethod]
    [DataRow("open_clip_config.json", """{"model_cfg":{"embed_dim":0,"vision_cfg":{},"text_cfg":{}}}""", "embed_dim")]
    [DataRow("open_clip_config.json", """{"model_cfg":{"embed_dim":8,"vision_cfg":{"layers":[1,1,1],"width":8,"image_size":64},"text_cfg":{}}}""", "ResNetLayers")]
    [DataRow("open_clip_config.json", """{"model_cfg":{"embed_dim":8,"vision_cfg":{"timm_model_name":"vit_so400m"},"text_cfg":{}}}""", "vit_so400m")]
    [DataRow("open_clip_config.json", """{"embed_dim":8}""", "vision_cfg")]
    [DataRow("open_clip_config.json", "{", "configuration")]
    [DataRow("config.json", """{"model_type":"bert"}""", "bert")]
    [DataRow("config.json", """{"model_type":"clip","text_config":{"hidden_act":"relu"}}""", "relu")]
    [DataRow("config.json", """{"model_type":"clip","projection_dim":"wide"}""", "projection_dim")]
    public void FromPretrained_WrongConfiguration_NamesFileAndFault(string file, string json, string expected)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(folder["model.safetensors"], [new("a", ones(1))]);
        File.WriteAllText(folder[file], json);
        var e = Assert.ThrowsExactly<CheckpointFormatException>(() => ClipModel.FromPretrained(folder.Path));
        StringAssert.Contains(e.Message, file);
        StringAssert.Contains(e.Message, expected);
    }

    [TestMethod]
    public void FromPretrained_HuggingFaceWithoutOneKey_NamesIt()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var model = new ClipModel(Config, new ClipTokenizer(s_vocabulary, ["a b</w>"]));
        model.Save(folder.Path, ScalarType.Float32, ClipFolderLayout.HuggingFace);
        const string Key = "text_model.encoder.layers.0.self_attn.k_proj.weight";
        Dictionary<string, Tensor> tensors;
        using (var file = SafetensorsFile.Open(folder["model.safetensors"]))
        {
            tensors = file.Names.Where(n => n != Key).ToDictionary(n => n, file.Read);
        }

        SafetensorsWriter.Write(folder["model.safetensors"], tensors);
        var e = Assert.ThrowsExactly<CheckpointMismatchException>(() => ClipModel.FromPretrained(folder.Path));
        Assert.AreEqual("text.transformer.resblocks.0.attn.in_proj_weight", e.Missing.Single());
        Assert.HasCount(2, e.Surplus);
    }

    [TestMethod]
    public void FromPretrained_BareWeightsOfAnotherNetwork_SaysSo()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(folder["unet.safetensors"], [new("conv_in.weight", ones(1))]);
        StringAssert.Contains(Assert.ThrowsExactly<CheckpointFormatException>(() => ClipModel.FromPretrained(folder["unet.safetensors"])).Message, "CLIP");
    }
}
