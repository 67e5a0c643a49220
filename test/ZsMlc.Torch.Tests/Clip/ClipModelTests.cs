using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Tests.Classification;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Clip;

[TestClass]
public sealed class ClipModelTests
{
    internal static ClipConfig TinyResNet { get; } = new(16, ClipVisionConfig.ResNet(64, 8, [1, 1, 1, 1], heads: 4), new(12, 49408, 16, 2, 2));

    internal static ClipConfig TinyViT { get; } = new(16, ClipVisionConfig.ViT(32, 24, 8, 2, heads: 3), new(12, 49408, 16, 2, 2), QuickGelu: false);

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void FromPretrained_SavedFolder_ScoresTheSame(bool resNet)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        manual_seed(3);
        using var model = new ClipModel(resNet ? TinyResNet : TinyViT);
        model.eval();
        model.Save(folder.Path, ScalarType.Float32);
        using var read = ClipModel.FromPretrained(folder.Path);
        Assert.AreEqual(model.Config.QuickGelu, read.Config.QuickGelu);
        var images = randn(2, 3, read.Config.Vision.ImageSize, read.Config.Vision.ImageSize);
        var ids = read.Tokenizer.Tokenize(["a cat", "a dog"], 12);
        AssertSame(model, read, images, ids);
        Assert.IsFalse(read.parameters().Any(p => p.requires_grad));
        Assert.IsFalse(read.training);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Load_SavedStream_ScoresTheSameAndLeavesTheStreamOpen(bool resNet)
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        using var model = new ClipModel(resNet ? TinyResNet : TinyViT);
        model.eval();
        using var stream = new MemoryStream();
        model.Save(stream, ScalarType.Float32);
        stream.WriteByte(7);
        stream.Position = 0;
        using var read = ClipModel.Load(stream);
        Assert.AreEqual(7, stream.ReadByte());
        Assert.AreEqual(model.Config.QuickGelu, read.Config.QuickGelu);
        var images = randn(2, 3, read.Config.Vision.ImageSize, read.Config.Vision.ImageSize);
        var ids = read.Tokenizer.Tokenize(["a cat", "a dog"], 12);
        AssertSame(model, read, images, ids);
        Assert.IsFalse(read.parameters().Any(p => p.requires_grad) || read.training);
    }

    [TestMethod]
    public void Load_StreamOfOwnVocabulary_TokenizesAlike()
    {
        using var model = new ClipModel(TinyViT, new ClipTokenizer(ClipTokenizer.Default.Vocabulary.ToDictionary(), ClipTokenizer.Default.Merges));
        using var stream = new MemoryStream();
        model.Save(stream);
        stream.Position = 0;
        using var read = ClipModel.Load(stream);
        Assert.AreNotSame(ClipTokenizer.Default, read.Tokenizer);
        CollectionAssert.AreEqual(model.Tokenizer.Encode("two cats").ToArray(), read.Tokenizer.Encode("two cats").ToArray());
    }

    [TestMethod]
    [DataRow("rubbish that is no model")]
    [DataRow("")]
    public void Load_OtherStream_Throws(string text)
    {
        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text));
        Assert.ThrowsExactly<CheckpointFormatException>(() => ClipModel.Load(stream));
    }

    [TestMethod]
    public void Load_WeightsWithoutConfiguration_SaysSo()
    {
        using var scope = NewDisposeScope();
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, [new("a", ones(2))]);
        stream.Position = 0;
        StringAssert.Contains(Assert.ThrowsExactly<CheckpointFormatException>(() => ClipModel.Load(stream)).Message, "clip_config");
    }

    [TestMethod]
    public void FromPretrained_HuggingFaceFolder_ScoresTheSame()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        manual_seed(4);
        using var model = new ClipModel(TinyViT);
        model.eval();
        WriteHuggingFace(model, folder.Path);
        using var read = ClipModel.FromPretrained(folder.Path);
        var images = randn(2, 3, 32, 32);
        var ids = read.Tokenizer.Tokenize(["a cat", "a dog"], 12);
        Golden.AssertClose(model.forward(images, ids), read.forward(images, ids), 1e-6, 1e-6, "logits");
    }

    [TestMethod]
    public void FromPretrained_OneTensorLess_NamesIt()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var model = new ClipModel(TinyViT);
        model.Save(folder.Path);
        var path = folder["open_clip_model.safetensors"];
        Dictionary<string, Tensor> tensors;
        using (var file = SafetensorsFile.Open(path))
        {
            tensors = file.Names.Where(n => n != "visual.ln_pre.bias").ToDictionary(n => n, file.Read);
        }

        SafetensorsWriter.Write(path, tensors);
        var e = Assert.ThrowsExactly<CheckpointMismatchException>(() => ClipModel.FromPretrained(folder.Path));
        Assert.AreEqual("visual.ln_pre.bias", e.Missing.Single());
    }

    [TestMethod]
    public void EncodeDense_OtherResolution_HasATokenForEveryPosition()
    {
        using var scope = NewDisposeScope();
        using var resNet = new ClipModel(TinyResNet);
        using var viT = new ClipModel(TinyViT);
        CollectionAssert.AreEqual(new long[] { 1, 1 + 3 * 4, 16 }, resNet.Visual.EncodeDense(randn(1, 3, 96, 128)).shape);
        CollectionAssert.AreEqual(new long[] { 1, 1 + 5 * 6, 16 }, viT.Visual.EncodeDense(randn(1, 3, 40, 48)).shape);
    }

    [TestMethod]
    public void EncodeDense_GoldenModel_AgreesWithTheReference()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var io = Golden.Open("classifier", "tiny_io.safetensors");
        using var classifier = GoldenClassifier.Load();
        var net = (ModifiedResNet)classifier.image_encoder;
        var x = net.Stem(io.Read("images").to(ScalarType.Float32));
        Golden.AssertClose(io.Read("act_gzsl.stem"), x, 1e-5, 1e-5, "stem");
        for (var i = 0; i < net.Stages.Count; i++)
        {
            x = net.Stages[i].forward(x);
            Golden.AssertClose(io.Read($"act_gzsl.layer{i + 1}"), x, 1e-4, 1e-5, $"layer{i + 1}");
        }

        Golden.AssertClose(io.Read("act_gzsl.image_features").transpose(1, 2), net.attnpool.Dense(io.Read("act_gzsl.layer4")), 1e-5, 1e-5, "dense features");
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Encode_ImagesAndTexts_LeaveNoTensorsBehind(bool resNet)
    {
        var start = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        using (var model = new ClipModel(resNet ? TinyResNet : TinyViT))
        {
            model.eval();
            using var images = randn(1, 3, resNet ? 96 : 40, 64);
            for (var i = 0; i < 3; i++)
            {
                using var none = inference_mode();
                var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
                model.EncodeImage(images).Dispose();
                model.Visual.EncodeDense(images).Dispose();
                model.EncodeText(["a cat"]).Dispose();
                if (i > 0)
                {
                    Assert.AreEqual(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, "encoding");
                }
            }
        }

        Assert.AreEqual(start, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, "the model");
    }

    [TestMethod]
    [DataRow("resnet")]
    [DataRow("vit")]
    public void FromPretrained_TorchScriptArchive_AgreesWithTheReference(string name)
    {
        using var scope = NewDisposeScope();
        using var io = Golden.Open("clip", $"{name}_io.safetensors");
        using var model = ClipModel.FromPretrained(Golden.PathOf("clip", $"{name}.pt"));
        var (images, ids) = (io.Read("images"), io.Read("ids"));
        Golden.AssertClose(io.Read("image_features"), model.EncodeImage(images), 1e-5, 1e-6, "image features");
        Golden.AssertClose(io.Read("text_features"), model.EncodeText(ids), 1e-5, 1e-6, "text features");
        Golden.AssertClose(io.Read("logits"), model.forward(images, ids), 1e-5, 1e-6, "logits");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => model.EncodeText(["a cat"])).Message, "vocab.json");
    }

    [TestMethod]
    [DataRow(ScalarType.BFloat16, 0.05)]
    [DataRow(ScalarType.Float64, 1e-6)]
    public void FromPretrained_OtherPrecision_ComputesInIt(ScalarType dtype, double limit)
    {
        using var scope = NewDisposeScope();
        using var io = Golden.Open("clip", "vit_io.safetensors");
        using var model = ClipModel.FromPretrained(Golden.PathOf("clip", "vit.pt"), dtype: dtype);
        var features = model.EncodeImage(io.Read("images").to(dtype));
        Assert.AreEqual(dtype, features.dtype);
        Golden.AssertL2(io.Read("image_features"), features, limit, "image features");
        Assert.AreEqual(dtype, model.Visual.EncodeDense(ones(1, 3, 40, 48, dtype)).dtype);
        Golden.AssertL2(io.Read("text_features"), model.EncodeText(io.Read("ids")), limit, "text features");
    }

    [TestMethod]
    public void Constructor_InsideAScope_OutlivesIt()
    {
        ClipModel model;
        using (NewDisposeScope())
        {
            model = new ClipModel(TinyViT);
        }

        using (model)
        using (var features = model.EncodeText(["a cat"]))
        {
            CollectionAssert.AreEqual(new long[] { 1, 16 }, features.shape);
        }
    }

    private static void WriteHuggingFace(ClipModel model, string folder)
    {
        List<KeyValuePair<string, Tensor>> tensors = [];
        foreach (var (key, value) in model.state_dict())
        {
            var name = key
                .Replace("visual.transformer.resblocks", "vision_model.encoder.layers").Replace("text.transformer.resblocks", "text_model.encoder.layers")
                .Replace("visual.conv1", "vision_model.embeddings.patch_embedding").Replace("visual.class_embedding", "vision_model.embeddings.class_embedding")
                .Replace("visual.positional_embedding", "vision_model.embeddings.position_embedding.weight").Replace("visual.ln_pre", "vision_model.pre_layrnorm")
                .Replace("visual.ln_post", "vision_model.post_layernorm").Replace("visual.proj", "visual_projection.weight")
                .Replace("text.token_embedding", "text_model.embeddings.token_embedding").Replace("text.positional_embedding", "text_model.embeddings.position_embedding.weight")
                .Replace("text.ln_final", "text_model.final_layer_norm").Replace("text.text_projection", "text_projection.weight")
                .Replace(".ln_1.", ".layer_norm1.").Replace(".ln_2.", ".layer_norm2.").Replace(".mlp.c_fc.", ".mlp.fc1.").Replace(".mlp.c_proj.", ".mlp.fc2.")
                .Replace(".attn.out_proj.", ".self_attn.out_proj.");
            if (name.Contains(".attn.in_proj_"))
            {
                var parts = value.chunk(3, 0);
                for (var i = 0; i < 3; i++)
                {
                    tensors.Add(new(name.Replace(".attn.in_proj_", $".self_attn.{"qkv"[i]}_proj."), parts[i]));
                }
            }
            else
            {
                tensors.Add(new(name, name.EndsWith("_projection.weight", StringComparison.Ordinal) ? value.t() : value));
            }
        }

        tensors.Add(new("text_model.embeddings.position_ids", arange(12)));
        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), tensors);
        File.WriteAllText(Path.Combine(folder, "config.json"), """
            {"model_type":"clip","projection_dim":16,
             "text_config":{"hidden_size":16,"intermediate_size":64,"num_attention_heads":2,"num_hidden_layers":2,"max_position_embeddings":12,"hidden_act":"gelu"},
             "vision_config":{"image_size":32,"hidden_size":24,"intermediate_size":96,"patch_size":8,"num_hidden_layers":2,"num_attention_heads":3,"hidden_act":"gelu"}}
            """);
    }

    /// <summary>The same weights, and scores that may differ by rounding: convolutions on weights that can be trained are other kernels.</summary>
    private static void AssertSame(ClipModel model, ClipModel read, Tensor images, Tensor ids)
    {
        var weights = read.state_dict();
        foreach (var (name, weight) in model.state_dict())
        {
            Assert.IsTrue(weight.equal(weights[name]).all().item<bool>(), name);
        }

        Golden.AssertClose(model.forward(images, ids), read.forward(images, ids), 1e-5, 1e-5, "scores");
    }
}
