using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Autoencoder;
using ZsMlc.Torch.Diffusion.Configuration;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion.Autoencoder;

[TestClass]
public sealed class AutoencoderKLTests
{
    private const double Limit = 1e-5;

    [TestMethod]
    [DataRow("tiny-sd")]
    [DataRow("tiny-sd2")]
    [DataRow("tiny-sdxl")]
    public void EncodeAndDecode_GoldenImage_AgreeWithTheReference(string model)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var golden = GoldenModels.Open(model, "vae.safetensors");
        using var vae = GoldenModels.Vae(model);
        var (mean, logVariance) = vae.Encode(golden.Read("image"));
        Golden.AssertL2(golden.Read("mean"), mean, Limit, "mean");
        Golden.AssertL2(golden.Read("logvar"), logVariance, Limit, "logvar");
        Golden.AssertL2(golden.Read("decode_z"), vae.Decode(golden.Read("z")), Limit, "decode");
        Golden.AssertL2(golden.Read("decode_z"), vae.DecodeSliced(golden.Read("z")), Limit, "sliced decode");
        var factor = golden.Read("scaling_factor").item<float>();
        Assert.AreEqual(factor, vae.Config.ScalingFactor, 1e-6);
        if (golden.Names.Contains("noise"))
        {
            Golden.AssertL2(golden.Read("std"), (logVariance / 2).exp(), Limit, "std");
            Golden.AssertL2(golden.Read("sample_with_noise"), mean + (logVariance / 2).exp() * golden.Read("noise"), Limit, "sample");
            Golden.AssertL2(golden.Read("mode_times_scaling_factor"), mean * factor, Limit, "mode");
            Golden.AssertL2(golden.Read("post_quant"), vae.post_quant_conv.forward(golden.Read("z")), Limit, "post_quant");
            Golden.AssertL2(golden.Read("decode_z_over_scaling_factor"), vae.Decode(golden.Read("z") / factor), Limit, "scaled decode");
        }
    }

    [TestMethod]
    [DataRow("tiny-sd")]
    [DataRow("tiny-sdxl")]
    public void Backward_GoldenLosses_HaveTheReferencesGradients(string model)
    {
        using var scope = NewDisposeScope();
        using var golden = GoldenModels.Open(model, "vae.safetensors");
        using var vae = GoldenModels.Vae(model);
        var z = golden.Read("z").requires_grad_(true);
        var loss = vae.Decode(z).pow(2).mean();
        loss.backward();
        Golden.AssertL2(golden.Read("grad.decode.loss"), loss, Limit, "decode loss");
        Golden.AssertL2(golden.Read("grad.decode.z"), z.grad!, 5e-5, "decode gradient");
        var norms = GoldenModels.PathOf(model, "vae.gradnorms.json");
        GradientAssert.Norms(vae, norms, 5e-5, "decode");
        vae.zero_grad();

        var image = golden.Read("image").requires_grad_(true);
        var (mean, logVariance) = vae.Encode(image);
        var encodeLoss = (mean + (logVariance * 0.5).exp() * golden.Read("noise")).pow(2).mean();
        encodeLoss.backward();
        Golden.AssertL2(golden.Read("grad.encode.loss"), encodeLoss, Limit, "encode loss");
        Golden.AssertL2(golden.Read("grad.encode.image"), image.grad!, 5e-5, "encode gradient");
        GradientAssert.Norms(vae, norms, 5e-5, "encode");
    }

    [TestMethod]
    public void DecodeTiled_SmallTiles_IsCloseToTheWhole()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var vae = GoldenModels.Vae("tiny-sd");
        manual_seed(1);
        var latents = randn(1, 4, 24, 20);
        var whole = vae.Decode(latents);
        var tiled = vae.DecodeTiled(latents, 16);
        CollectionAssert.AreEqual(whole.shape, tiled.shape);
        Assert.IsTrue((whole - tiled).norm().item<float>() < 0.5 * whole.norm().item<float>());
        Golden.AssertL2(whole, vae.DecodeTiled(latents, 32), 1e-6, "one tile");
    }

    [TestMethod]
    public void Unscale_MeansAndDeviations_AreUsedAfterTheFactor()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var vae = new AutoencoderKL(new() { BlockOutChannels = [8], LayersPerBlock = 1, NormNumGroups = 4, ScalingFactor = 0.5, LatentsMean = [1, 2, 3, 4], LatentsStd = [1, 2, 3, 4] });
        Golden.AssertClose(tensor(new float[] { 3, 6, 9, 12 }).view(1, 4, 1, 1), vae.Unscale(ones(1, 4, 1, 1)), 0, 1e-6, "latents");
    }

    [TestMethod]
    [DataRow("""{"down_block_types":["AttnDownEncoderBlock2D","DownEncoderBlock2D","DownEncoderBlock2D","DownEncoderBlock2D"]}""", "down_block_types")]
    [DataRow("""{"up_block_types":["UpDecoderBlock2D"]}""", "up_block_types")]
    [DataRow("""{"act_fn":"relu"}""", "act_fn")]
    [DataRow("""{"shift_factor":0.1}""", "shift_factor")]
    [DataRow("""{"use_quant_conv":false}""", "use_quant_conv")]
    [DataRow("""{"use_post_quant_conv":false}""", "use_post_quant_conv")]
    [DataRow("""{"mid_block_add_attention":false}""", "mid_block_add_attention")]
    [DataRow("""{"latents_mean":[1,2,3,4]}""", "latents_std")]
    [DataRow("""{"latents_mean":[1],"latents_std":[1]}""", "latents_mean")]
    public void Validate_SettingOfAnotherNetwork_IsNamed(string json, string setting)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["config.json"], json);
        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(ConfigJson.Read<AutoencoderConfig>(folder["config.json"]).Validate).Message, setting);
    }
}
