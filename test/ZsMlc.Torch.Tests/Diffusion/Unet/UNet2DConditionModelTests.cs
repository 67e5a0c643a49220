using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion.Unet;

[TestClass]
public sealed class UNet2DConditionModelTests
{
    private const double Limit = 1e-5;

    [TestMethod]
    [DataRow("tiny-sd")]
    [DataRow("tiny-sd2")]
    public void Predict_GoldenInputs_AgreesWithTheReference(string model)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var golden = Golden.Open("sd", model + "-golden", "unet.safetensors");
        using var unet = GoldenModels.Unet(model);
        var (sample, context) = (golden.Read("sample"), golden.Read("encoder_hidden_states"));
        Golden.AssertL2(golden.Read("output"), unet.forward(sample, golden.Read("timesteps"), context), Limit, "output");
        Golden.AssertL2(golden.Read("int_timestep_output"), unet.forward(sample, tensor(new long[] { 981 }), context), Limit, "one timestep");
        Golden.AssertL2(golden.Read("fractional.output"), unet.forward(sample, golden.Read("fractional.timesteps"), context), Limit, "fractional timesteps");
        Golden.AssertL2(golden.Read("odd.output"), unet.forward(golden.Read("odd.sample"), golden.Read("odd.timestep"), golden.Read("odd.encoder_hidden_states")), Limit, "odd size");
        unet.SetAttentionSlice(1);
        Golden.AssertL2(golden.Read("output"), unet.forward(sample, golden.Read("timesteps"), context), Limit, "sliced attention");
    }

    [TestMethod]
    [DataRow("tiny-sd", false)]
    [DataRow("tiny-sd2", false)]
    public void Backward_GoldenLoss_HasTheReferencesGradients(string model, bool checkpointing)
    {
        const double gradientLimit = 5e-5;
        using var scope = NewDisposeScope();
        using var golden = Golden.Open("sd", model + "-golden", "unet.safetensors");
        using var unet = GoldenModels.Unet(model);
        unet.GradientCheckpointing = checkpointing;
        var sample = golden.Read("sample").requires_grad_(true);
        var context = golden.Read("encoder_hidden_states").requires_grad_(true);
        var loss = (unet.forward(sample, golden.Read("timesteps"), context) - golden.Read("target")).pow(2).mean();
        loss.backward();
        Golden.AssertL2(golden.Read("grad.loss"), loss, gradientLimit, "loss");
        Golden.AssertL2(golden.Read("grad.sample"), sample.grad!, gradientLimit, "sample");
        Golden.AssertL2(golden.Read("grad.encoder_hidden_states"), context.grad!, gradientLimit, "context");
        GradientAssert.Parameters(unet, golden, "grad.", gradientLimit);
        GradientAssert.Norms(unet, Golden.PathOf("sd", model + "-golden", "unet.gradnorms.json"), gradientLimit);
    }

    [TestMethod]
    [DataRow("tiny-sd")]
    [DataRow("tiny-sd2")]
    public void Backward_Checkpointed_HasTheSameInputGradients(string model)
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Open("sd", model + "-golden", "unet.safetensors");
        using var unet = GoldenModels.Unet(model);
        foreach (var parameter in unet.parameters())
        {
            parameter.requires_grad_(false);
        }

        unet.GradientCheckpointing = true;
        var context = golden.Read("encoder_hidden_states").requires_grad_(true);
        (unet.forward(golden.Read("sample"), golden.Read("timesteps"), context) - golden.Read("target")).pow(2).mean().backward();
        Golden.AssertL2(golden.Read("grad.encoder_hidden_states"), context.grad!, 5e-5, "context");
    }
}
