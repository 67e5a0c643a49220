using TorchSharp;
using ZsMlc.Benchmarks;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Autoencoder;
using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Diffusion.TextEncoder;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace ZsMlc.DeviceCheck.Steps;

/// <summary>Pipelines of published sizes with random weights, drawn on the device itself: nothing travels.</summary>
internal static class RandomPipelines
{
    /// <summary>Stable Diffusion 1.5; at 32² pixels and next to no width for a rehearsal.</summary>
    public static StableDiffusionPipeline StableDiffusion15(Device device, bool tiny, ScalarType type = ScalarType.BFloat16) =>
        Create(device, tiny, type, new UnetConfig(), new TextEncoderConfig(), "epsilon");

    /// <summary>Stable Diffusion 2 at 768².</summary>
    public static StableDiffusionPipeline StableDiffusion2(Device device, bool tiny) => Create(
        device, tiny, ScalarType.BFloat16,
        new UnetConfig { AttentionHeadDim = new IntOrList([5, 10, 20, 20]), CrossAttentionDim = 1024, UseLinearProjection = true, SampleSize = 96 },
        new TextEncoderConfig { HiddenSize = 1024, IntermediateSize = 4096, NumHiddenLayers = 23, NumAttentionHeads = 16, HiddenAct = "gelu" },
        "v_prediction");

    private static StableDiffusionPipeline Create(Device device, bool tiny, ScalarType type, UnetConfig unet, TextEncoderConfig text, string prediction)
    {
        var vae = new AutoencoderConfig();
        if (tiny)
        {
            unet = RandomModels.TinyUnet with { SampleSize = 8 };
            text = new() { HiddenSize = 32, IntermediateSize = 64, NumHiddenLayers = 2, NumAttentionHeads = 2 };
            vae = new() { BlockOutChannels = [32, 32], LayersPerBlock = 1, NormNumGroups = 8 };
        }

        using var none = no_grad();
        using var there = Layers.On(device);
        return new(
            Ready(new ClipTextEncoder(text), device, type), Ready(new UNet2DConditionModel(unet), device, type), Ready(new AutoencoderKL(vae), device, type),
            ClipTokenizer.Default, new SchedulerConfig { ClassName = "EulerDiscreteScheduler", PredictionType = prediction });
    }

    private static T Ready<T>(T module, Device device, ScalarType type)
        where T : nn.Module
    {
        module.to(type);
        module.to(device);
        module.eval();
        foreach (var parameter in module.parameters())
        {
            parameter.requires_grad_(false);
        }

        return module;
    }
}
