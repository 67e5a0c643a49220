using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Configuration;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion.Unet;

[TestClass]
public sealed class UNet2DConditionModelTests
{
    private const double Limit = 1e-5;

    [TestMethod]
    [DataRow("tiny-sd")]
    [DataRow("tiny-sd2")]
    [DataRow("tiny-sdxl")]
    public void Predict_GoldenInputs_AgreesWithTheReference(string model)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var golden = GoldenModels.Open(model, "unet.safetensors");
        using var unet = GoldenModels.Unet(model);
        var sample = golden.Read("sample");
        var conditioning = Conditioning(golden);
        Golden.AssertL2(golden.Read("output"), unet.Predict(sample, golden.Read("timesteps"), conditioning), Limit, "output");
        Golden.AssertL2(golden.Read("int_timestep_output"), unet.Predict(sample, tensor(new long[] { 981 }), conditioning), Limit, "one timestep");
        Golden.AssertL2(golden.Read("fractional.output"), unet.Predict(sample, golden.Read("fractional.timesteps"), conditioning), Limit, "fractional timesteps");
        Golden.AssertL2(golden.Read("odd.output"), unet.Predict(golden.Read("odd.sample"), golden.Read("odd.timestep"), Conditioning(golden, "odd.")), Limit, "odd size");
        unet.SetAttentionSlice(1);
        Golden.AssertL2(golden.Read("output"), unet.Predict(sample, golden.Read("timesteps"), conditioning), Limit, "sliced attention");
    }

    [TestMethod]
    [DataRow("tiny-sd", false)]
    [DataRow("tiny-sd2", false)]
    [DataRow("tiny-sdxl", false)]
    public void Backward_GoldenLoss_HasTheReferencesGradients(string model, bool checkpointing)
    {
        const double gradientLimit = 5e-5;
        using var scope = NewDisposeScope();
        using var golden = GoldenModels.Open(model, "unet.safetensors");
        using var unet = GoldenModels.Unet(model);
        unet.GradientCheckpointing = checkpointing;
        var sample = golden.Read("sample").requires_grad_(true);
        var conditioning = Conditioning(golden);
        conditioning.States.requires_grad_(true);
        conditioning.Pooled?.requires_grad_(true);
        var loss = (unet.Predict(sample, golden.Read("timesteps"), conditioning) - golden.Read("target")).pow(2).mean();
        loss.backward();
        Golden.AssertL2(golden.Read("grad.loss"), loss, gradientLimit, "loss");
        Golden.AssertL2(golden.Read("grad.sample"), sample.grad!, gradientLimit, "sample");
        Golden.AssertL2(golden.Read("grad.encoder_hidden_states"), conditioning.States.grad!, gradientLimit, "context");
        if (conditioning.Pooled is { } pooled)
        {
            Golden.AssertL2(golden.Read("grad.text_embeds"), pooled.grad!, gradientLimit, "pooled text");
        }

        GradientAssert.Parameters(unet, golden, "grad.", gradientLimit);
        GradientAssert.Norms(unet, GoldenModels.PathOf(model, "unet.gradnorms.json"), gradientLimit);
    }

    [TestMethod]
    [DataRow("tiny-sd")]
    [DataRow("tiny-sd2")]
    [DataRow("tiny-sdxl")]
    public void Backward_Checkpointed_HasTheSameInputGradients(string model)
    {
        using var scope = NewDisposeScope();
        using var golden = GoldenModels.Open(model, "unet.safetensors");
        using var unet = GoldenModels.Unet(model);
        foreach (var parameter in unet.parameters())
        {
            parameter.requires_grad_(false);
        }

        unet.GradientCheckpointing = true;
        var conditioning = Conditioning(golden);
        conditioning.States.requires_grad_(true);
        conditioning.Pooled?.requires_grad_(true);
        (unet.Predict(golden.Read("sample"), golden.Read("timesteps"), conditioning) - golden.Read("target")).pow(2).mean().backward();
        Golden.AssertL2(golden.Read("grad.encoder_hidden_states"), conditioning.States.grad!, 5e-5, "context");
        if (conditioning.Pooled is { } pooled)
        {
            Golden.AssertL2(golden.Read("grad.text_embeds"), pooled.grad!, 5e-5, "pooled text");
        }
    }

    [TestMethod]
    public void Embeddings_TextAndSizes_AreTheReferences()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var golden = GoldenModels.Open("tiny-sdxl", "unet.safetensors");
        using var unet = GoldenModels.Unet("tiny-sdxl");

        var added = unet.Added(Conditioning(golden), ScalarType.Float32);

        Golden.AssertL2(golden.Read("hook.add_embedding.input"), added[..1], 1e-6, "pooled text and waves of the sizes");
        Golden.AssertL2(golden.Read("hook.add_time_proj").flatten(), added[0].narrow(0, added.shape[1] - golden.Info("hook.add_time_proj").Count, golden.Info("hook.add_time_proj").Count), 1e-6, "waves of the sizes");
        Golden.AssertL2(golden.Read("hook.add_embedding"), unet.add_embedding!.forward(added, null)[..1], Limit, "add_embedding");
    }

    [TestMethod]
    [DataRow("tiny-sd")]
    [DataRow("tiny-sdxl")]
    public void Predict_OwnDeepFeatures_IsTheWholeNetworkAtTheSameTime(string model)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var golden = GoldenModels.Open(model, "unet.safetensors");
        using var unet = GoldenModels.Unet(model);
        var conditioning = Conditioning(golden);
        Tensor? deep = null;
        var whole = unet.Predict(golden.Read("sample"), golden.Read("timesteps"), conditioning, null, ref deep);
        Golden.AssertL2(golden.Read("output"), whole, Limit, "whole");

        var outermost = unet.Predict(golden.Read("sample"), golden.Read("timesteps"), conditioning, null, ref deep);

        Assert.IsTrue(whole.equal(outermost).all().item<bool>());
    }

    [TestMethod]
    public void Predict_WithoutPooledText_Throws()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var golden = GoldenModels.Open("tiny-sdxl", "unet.safetensors");
        using var unet = GoldenModels.Unet("tiny-sdxl");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => unet.forward(golden.Read("sample"), golden.Read("timesteps"), golden.Read("encoder_hidden_states"))).Message, "pooled");
    }

    [TestMethod]
    public void Predict_WithoutAMiddle_Works()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["config.json"], """
            {"mid_block_type": null, "block_out_channels": [8, 16], "layers_per_block": 1, "norm_num_groups": 4, "cross_attention_dim": 16, "attention_head_dim": 2,
             "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"], "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"]}
            """);
        var config = ConfigJson.Read<UnetConfig>(folder["config.json"]);
        using var unet = new UNet2DConditionModel(config);
        Assert.IsNull(config.MidBlockType);
        Assert.IsFalse(unet.state_dict().Keys.Any(k => k.StartsWith("mid_block", StringComparison.Ordinal)));
        CollectionAssert.AreEqual(new long[] { 1, 4, 8, 8 }, unet.forward(zeros(1, 4, 8, 8), zeros(1), zeros(1, 3, 16)).shape);
        ConfigJson.Write(folder["config.json"], config);
        Assert.IsNull(ConfigJson.Read<UnetConfig>(folder["config.json"]).MidBlockType, "It is written as null again.");
    }

    private static UnetConditioning Conditioning(SafetensorsFile golden, string prefix = "") => new(
        golden.Read(prefix + "encoder_hidden_states"),
        golden.Names.Contains(prefix + "text_embeds") ? golden.Read(prefix + "text_embeds") : null,
        golden.Names.Contains(prefix + "time_ids") ? golden.Read(prefix + "time_ids") : null);
}
