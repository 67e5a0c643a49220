using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Autoencoder;
using ZsMlc.Torch.Diffusion.TextEncoder;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion;

/// <summary>
/// The published configurations on the meta device: tensor counts, parameter counts and some shapes of the released
/// checkpoints, without their weights.
/// </summary>
[TestClass]
public sealed class FullSizeTests
{
    private static readonly UnetConfig s_sd21 = new()
    {
        AttentionHeadDim = new IntOrList([5, 10, 20, 20]), CrossAttentionDim = 1024, UseLinearProjection = true, SampleSize = 96,
    };

    [TestMethod]
    public void Unet_StableDiffusion15_HasThePublishedTensors() => Check(new UnetConfig(), 686, 859_520_964, ("down_blocks.0.attentions.0.proj_in.weight", [320, 320, 1, 1]));

    [TestMethod]
    public void Unet_StableDiffusion21AndTurbo_HaveThePublishedTensors() => Check(s_sd21, 686, 865_910_724, ("down_blocks.0.attentions.0.proj_in.weight", [320, 320]));

    [TestMethod]
    public void Unet_LatentConsistency_HasAGuidanceEmbedding() => Check(new UnetConfig { TimeCondProjDim = 256 }, 687, 859_520_964 + 256 * 320, ("time_embedding.cond_proj.weight", [320, 256]));

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
        Assert.IsTrue(state.Values.All(t => t.device_type == TorchSharp.DeviceType.META));
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
