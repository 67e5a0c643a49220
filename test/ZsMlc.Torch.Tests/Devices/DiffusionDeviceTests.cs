using TorchSharp;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Autoencoder;
using ZsMlc.Torch.Diffusion.Conditioning;
using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Diffusion.TextEncoder;
using ZsMlc.Torch.Diffusion.Tuning;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;
using static ZsMlc.Torch.Tests.Devices.OtherDevice;

namespace ZsMlc.Torch.Tests.Devices;

/// <summary>Text encoders, denoiser, autoencoders, samplers and the tuner's optimiser make nothing on the host.</summary>
[TestClass]
public sealed class DiffusionDeviceTests
{
    private static readonly UnetConfig s_unet = new()
    {
        BlockOutChannels = [32, 64], DownBlockTypes = ["CrossAttnDownBlock2D", "DownBlock2D"], UpBlockTypes = ["UpBlock2D", "CrossAttnUpBlock2D"],
        CrossAttentionDim = 32, AttentionHeadDim = 4, SampleSize = 8, LayersPerBlock = 1, NormNumGroups = 8,
    };

    private static readonly TextEncoderConfig s_text = new() { HiddenSize = 32, IntermediateSize = 64, NumHiddenLayers = 2, NumAttentionHeads = 2 };

    [TestMethod]
    [DataRow("SD")]
    [DataRow("LCM")]
    [DataRow("SDXL")]
    public void Pipeline_OnAnotherDevice_MakesNothingOnTheHost(string family)
    {
        using var pipeline = Pipeline(family);
        var unet = pipeline.Unet;
        UnetConditioning Condition(int rows) => pipeline.Condition([.. Enumerable.Repeat("a dog", rows)], null, new() { GuidanceScale = 1 });
        Check("text", () => Condition(2).States);
        Check("guided text", () => pipeline.Condition(["a dog"], "a cat", new() { GuidanceScale = 5 }).States);
        Check("denoiser", () => unet.Predict(Random(2, 4, 8, 8), Random(1), Condition(2), family == "LCM" ? Random(2, 16) : null));
        Check("autoencoder", () => pipeline.Vae.Decode(pipeline.Vae.Encode(Random(1, 3, 16, 16)).Mean));
        Check("tiles", () => pipeline.Vae.DecodeTiled(Random(1, 4, 20, 20), 8));
        Check("one by one", () => pipeline.Vae.DecodeSliced(Random(2, 4, 8, 8)));
        Check("gradients", () =>
        {
            var states = Random(family == "LCM" ? 2 : 4, 77, family == "SDXL" ? 64 : 32).requires_grad_();
            var rows = Condition((int)states.shape[0]) with { States = states };
            unet.GradientCheckpointing = true;
            var (_, pixels) = pipeline.SampleWithGradients(rows, Random(2, 4, 8, 8), new() { Steps = 3, GuidanceScale = 5, GuidanceStart = 0.2 }, 2);
            ZsMlc.Torch.Runtime.GradientFunction.Backward(pixels.sum());
            unet.GradientCheckpointing = false;
            return states.grad!;
        });
        Check("images", () => tensor(pipeline.GenerateAsync(["a dog"], options: new() { Steps = 2 }).GetAwaiter().GetResult()[0].Pixels, device: CPU));
    }

    [TestMethod]
    [DataRow("EulerDiscreteScheduler")]
    [DataRow("EulerAncestralDiscreteScheduler")]
    [DataRow("DDIMScheduler")]
    [DataRow("DDPMScheduler")]
    [DataRow("DPMSolverMultistepScheduler")]
    [DataRow("HeunDiscreteScheduler")]
    [DataRow("LCMScheduler")]
    [DataRow("PNDMScheduler")]
    [DataRow("TCDScheduler")]
    [DataRow("UniPCMultistepScheduler")]
    public void Scheduler_OnAnotherDevice_MakesNothingOnTheHostAndKeepsNothing(string name)
    {
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        Check(name, () =>
        {
            using var scheduler = Scheduler.Create(new() { ClassName = name });
            scheduler.SetTimesteps(6);
            var x = Random(2, 4, 8, 8);
            for (var i = 0; i < scheduler.Timesteps.Count; i++)
            {
                x = scheduler.Step(scheduler.ScaleModelInput(x, i), i, x, () => Random(2, 4, 8, 8));
            }

            return x;
        });
        Assert.AreEqual(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, "tensors left");
    }

    [TestMethod]
    public void TinyAutoencoder_OnAnotherDevice_MakesNothingOnTheHost()
    {
        using AutoencoderTiny tiny = new(new());
        Check("tiny", () => tiny.forward(Random(1, 4, 8, 8)));
    }

    [TestMethod]
    public void AdamW_OnAnotherDevice_MakesNothingOnTheHost()
    {
        using ClipTextEncoder text = new(s_text);
        var parameters = text.named_parameters().Select(p => (p.name, (Tensor)p.parameter)).ToList();
        Check("step", () =>
        {
            using AdamW adam = new(parameters, 1e-3, 1e-2);
            text.forward(Ids(2, 77)).sum().backward();
            adam.ClipGradients(1);
            adam.Step();
            return parameters[0].Item2.alias();
        });
    }

    private static StableDiffusionPipeline Pipeline(string family)
    {
        AutoencoderKL vae = new(new() { BlockOutChannels = [32, 32], LayersPerBlock = 1, NormNumGroups = 8 });
        SchedulerConfig scheduler = new() { ClassName = "EulerDiscreteScheduler" };
        var pipeline = family == "SDXL"
            ? new StableDiffusionPipeline(
                new StableDiffusionXLConditioning(
                    new(new ClipTextEncoder(s_text), ClipTokenizer.Default),
                    new(new ClipTextEncoder(s_text with { Architectures = ["CLIPTextModelWithProjection"], ProjectionDim = 32 }), ClipTokenizer.Default, 0)),
                new UNet2DConditionModel(s_unet with { CrossAttentionDim = 64, AdditionEmbedType = "text_time", AdditionTimeEmbedDim = 8, ProjectionClassEmbeddingsInputDim = 32 + 6 * 8 }), vae, scheduler)
            : new(new ClipTextEncoder(s_text), new UNet2DConditionModel(s_unet with { TimeCondProjDim = family == "LCM" ? 16 : null }), vae, ClipTokenizer.Default, scheduler);
        foreach (var module in new nn.Module[] { pipeline.Unet, pipeline.Vae }.Concat(pipeline.Conditioning.Encoders.Select(e => e.Network)))
        {
            module.eval();
            foreach (var parameter in module.parameters())
            {
                parameter.requires_grad_(false);
            }
        }

        return pipeline;
    }
}
