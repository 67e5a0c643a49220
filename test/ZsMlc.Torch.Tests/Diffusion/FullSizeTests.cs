using System.Text.Json;
using TorchSharp;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Autoencoder;
using ZsMlc.Torch.Diffusion.Configuration;
using ZsMlc.Torch.Diffusion.TextEncoder;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion;

/// <summary>
/// The published configurations on the meta device: every tensor's name and shape, tensor counts and parameter counts of the released
/// checkpoints, without their weights.
/// </summary>
[TestClass]
public sealed class FullSizeTests
{
    private const string UnetBlocks = """
        "in_channels": 4, "out_channels": 4, "block_out_channels": [320, 640, 1280, 1280], "layers_per_block": 2, "norm_num_groups": 32,
        "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
        "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"]
        """;

    private const string Vae = """
        {"in_channels": 3, "out_channels": 3, "latent_channels": 4, "block_out_channels": [128, 256, 512, 512], "layers_per_block": 2, "norm_num_groups": 32}
        """;

    private const string VitH = """
        {"vocab_size": 49408, "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 23, "num_attention_heads": 16, "max_position_embeddings": 77, "hidden_act": "gelu"}
        """;

    private const string XLText = """
        {"architectures": ["CLIPTextModel"], "vocab_size": 49408, "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12, "max_position_embeddings": 77, "hidden_act": "quick_gelu", "projection_dim": 768}
        """;

    private const string XLText2 = """
        {"architectures": ["CLIPTextModelWithProjection"], "vocab_size": 49408, "hidden_size": 1280, "intermediate_size": 5120, "num_hidden_layers": 32, "num_attention_heads": 20, "max_position_embeddings": 77, "hidden_act": "gelu", "projection_dim": 1280}
        """;

    private static readonly (string Model, string Unet, string TextEncoder)[] s_published =
    [
        ("SD-1.5", $$"""{{{UnetBlocks}}, "sample_size": 64, "cross_attention_dim": 768, "attention_head_dim": 8}""", """
            {"vocab_size": 49408, "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12, "max_position_embeddings": 77, "hidden_act": "quick_gelu"}
            """),
        ("SD-2.1", $$"""{{{UnetBlocks}}, "sample_size": 96, "cross_attention_dim": 1024, "attention_head_dim": [5, 10, 20, 20], "use_linear_projection": true}""", VitH),
        ("SD-Turbo", $$"""{{{UnetBlocks}}, "sample_size": 64, "cross_attention_dim": 1024, "attention_head_dim": [5, 10, 20, 20], "use_linear_projection": true, "time_cond_proj_dim": null}""", VitH),
    ];

    private static readonly UnetConfig s_sd21 = new()
    {
        AttentionHeadDim = new IntOrList([5, 10, 20, 20]), CrossAttentionDim = 1024, UseLinearProjection = true, SampleSize = 96,
    };

    public static IEnumerable<object[]> Models => s_published.Select(m => new object[] { m.Model });

    [TestMethod]
    [DynamicData(nameof(Models))]
    public void StateDict_PublishedConfig_HasEveryTensorOfTheCheckpoint(string model)
    {
        var (_, unet, textEncoder) = s_published.Single(m => m.Model == model);

        Match<UnetConfig>(unet, 686, CheckpointLayout.Unet, c => new UNet2DConditionModel(c));
        Match<AutoencoderConfig>(Vae, 248, CheckpointLayout.Autoencoder, c => new AutoencoderKL(c));
        Match<TextEncoderConfig>(textEncoder, model == "SD-1.5" ? 196 : 372, CheckpointLayout.TextEncoder, c => new ClipTextEncoder(c));
    }

    [TestMethod]
    public void Unet_StableDiffusion15_HasThePublishedTensors() => Check(new UnetConfig(), 686, 859_520_964, ("down_blocks.0.attentions.0.proj_in.weight", [320, 320, 1, 1]));

    [TestMethod]
    public void Unet_StableDiffusion21AndTurbo_HaveThePublishedTensors() => Check(s_sd21, 686, 865_910_724, ("down_blocks.0.attentions.0.proj_in.weight", [320, 320]));

    [TestMethod]
    public void Unet_LatentConsistency_HasAGuidanceEmbedding() => Check(new UnetConfig { TimeCondProjDim = 256 }, 687, 859_520_964 + 256 * 320, ("time_embedding.cond_proj.weight", [320, 256]));

    [TestMethod]
    [DataRow("SDXL base 1.0", 128)]
    [DataRow("SDXL-Turbo", 64)]
    public void StateDict_PublishedSdxl_HasEveryTensorOfTheCheckpoint(string model, int sampleSize)
    {
        var unet = $$"""
            {"_class_name": "UNet2DConditionModel", "act_fn": "silu", "addition_embed_type": "text_time", "addition_embed_type_num_heads": 64, "addition_time_embed_dim": 256,
             "attention_head_dim": [5, 10, 20], "block_out_channels": [320, 640, 1280], "class_embed_type": null, "cross_attention_dim": 2048,
             "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"], "in_channels": 4, "layers_per_block": 2, "norm_num_groups": 32, "out_channels": 4,
             "projection_class_embeddings_input_dim": 2816, "sample_size": {{sampleSize}}, "time_cond_proj_dim": null, "transformer_layers_per_block": [1, 2, 10],
             "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"], "upcast_attention": null, "use_linear_projection": true}
            """;

        Assert.AreEqual(2_567_463_684, Match<UnetConfig>(unet, 1680, CheckpointLayout.Unet, c => new UNet2DConditionModel(c)), model);
        Assert.AreEqual(83_653_863, Match<AutoencoderConfig>(Vae, 248, CheckpointLayout.Autoencoder, c => new AutoencoderKL(c)));
        Assert.AreEqual(123_060_480, Match<TextEncoderConfig>(XLText, 196, CheckpointLayout.TextEncoder, c => new ClipTextEncoder(c)));
        Assert.AreEqual(694_659_840, Match<TextEncoderConfig>(XLText2, 517, CheckpointLayout.TextEncoder, c => new ClipTextEncoder(c)));
    }

    private static long Match<TConfig>(string json, int count, Func<JsonElement, IReadOnlyDictionary<string, string>> layout, Func<TConfig, nn.Module> create)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["config.json"], json);
        using var document = JsonDocument.Parse(json);
        using var meta = Layers.On(META);
        using var network = create(ConfigJson.Read<TConfig>(folder["config.json"]));

        var expected = layout(document.RootElement).Select(t => $"{t.Key} {t.Value}").ToList();
        var found = network.state_dict().Select(t => $"{t.Key} {string.Join('×', t.Value.shape)}").ToList();

        Assert.HasCount(count, expected);
        Assert.IsEmpty(expected.Except(found).Take(20).ToList(), $"missing: {string.Join(", ", expected.Except(found).Take(20))}");
        Assert.IsEmpty(found.Except(expected).Take(20).ToList(), $"surplus: {string.Join(", ", found.Except(expected).Take(20))}");
        Assert.HasCount(count, found);
        return network.parameters().Sum(p => p.NumberOfElements);
    }

    private static void Check(UnetConfig config, int tensors, long parameters, (string Name, long[] Shape) sample)
    {
        using var meta = Layers.On(META);
        using var unet = new UNet2DConditionModel(config);
        var state = unet.state_dict();
        Assert.HasCount(tensors, state);
        Assert.AreEqual(parameters, state.Values.Sum(t => t.NumberOfElements));
        CollectionAssert.AreEqual(sample.Shape, state[sample.Name].shape);
        CollectionAssert.AreEqual(new long[] { 1280, 2560, 3, 3 }, state["up_blocks.1.resnets.0.conv1.weight"].shape);
        CollectionAssert.AreEqual(new long[] { 320, 960, 1, 1 }, state["up_blocks.3.resnets.0.conv_shortcut.weight"].shape);
        CollectionAssert.AreEqual(new long[] { 10240, 1280 }, state["mid_block.attentions.0.transformer_blocks.0.ff.net.0.proj.weight"].shape);
        CollectionAssert.AreEqual(new long[] { 1280, config.CrossAttentionDim }, state["mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight"].shape);
        Assert.IsTrue(state.Values.All(t => t.device_type == DeviceType.META));
    }

    [TestMethod]
    public void Autoencoder_StableDiffusion_HasThePublishedTensors()
    {
        using var meta = Layers.On(META);
        using var vae = new AutoencoderKL(new());
        Assert.HasCount(248, vae.state_dict());
        Assert.AreEqual(83_653_863, vae.parameters().Sum(p => p.NumberOfElements));
    }

    [TestMethod]
    public void TextEncoders_StableDiffusion1And2_HaveThePublishedTensors()
    {
        using var meta = Layers.On(META);
        using var one = new ClipTextEncoder(new());
        Assert.HasCount(196, one.state_dict());
        Assert.AreEqual(123_060_480, one.parameters().Sum(p => p.NumberOfElements));
        using var two = new ClipTextEncoder(new() { HiddenSize = 1024, IntermediateSize = 4096, NumHiddenLayers = 23, NumAttentionHeads = 16, HiddenAct = "gelu" });
        Assert.HasCount(372, two.state_dict());
        Assert.AreEqual(340_387_840, two.parameters().Sum(p => p.NumberOfElements));
    }

    [TestMethod]
    public void AutoencoderTiny_Taesd_HasThePublishedDecoder()
    {
        using var meta = Layers.On(META);
        using var tiny = new AutoencoderTiny(new());
        Assert.AreEqual(1_222_531, tiny.parameters().Sum(p => p.NumberOfElements));
        CollectionAssert.IsSubsetOf(new[] { "decoder.layers.0.weight", "decoder.layers.2.conv.4.bias", "decoder.layers.6.weight", "decoder.layers.18.bias" }, tiny.state_dict().Keys.ToArray());
    }
}
