using TorchSharp;
using ZsMlc.Benchmarks;
using ZsMlc.Torch;
using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Autoencoder;
using ZsMlc.Torch.Diffusion.Blocks;
using ZsMlc.Torch.Diffusion.Conditioning;
using ZsMlc.Torch.Diffusion.Configuration;
using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Diffusion.TextEncoder;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace ZsMlc.DeviceCheck.Steps;

/// <summary>Pipelines of published sizes with random weights, drawn on the device itself: nothing travels.</summary>
/// <param name="device">The device.</param>
/// <param name="tiny">Whether everything has next to no width, for a rehearsal.</param>
/// <param name="type">Element type of the weights.</param>
internal sealed class RandomPipelines(Device device, bool tiny, ScalarType type = ScalarType.BFloat16)
{
    private static readonly TextEncoderConfig s_tinyText = new() { HiddenSize = 32, IntermediateSize = 64, NumHiddenLayers = 2, NumAttentionHeads = 2 };

    /// <summary>Stable Diffusion 1.5, 512².</summary>
    public StableDiffusionPipeline StableDiffusion15() => Create(new(), new(), "epsilon");

    /// <summary>Stable Diffusion 2, 768².</summary>
    public StableDiffusionPipeline StableDiffusion2() => Create(
        new() { AttentionHeadDim = new([5, 10, 20, 20]), CrossAttentionDim = 1024, UseLinearProjection = true, SampleSize = 96 },
        new() { HiddenSize = 1024, IntermediateSize = 4096, NumHiddenLayers = 23, NumAttentionHeads = 16, HiddenAct = "gelu" },
        "v_prediction");

    /// <summary>SDXL, 1024²; its autoencoder computes in single precision, as the pipeline loads it.</summary>
    public StableDiffusionPipeline StableDiffusionXL()
    {
        TextEncoderConfig first = new();
        TextEncoderConfig second = new() { Architectures = ["CLIPTextModelWithProjection"], HiddenSize = 1280, IntermediateSize = 5120, NumHiddenLayers = 32, NumAttentionHeads = 20, HiddenAct = "gelu", ProjectionDim = 1280 };
        UnetConfig unet = new()
        {
            SampleSize = 128, BlockOutChannels = [320, 640, 1280], AttentionHeadDim = new([5, 10, 20]), CrossAttentionDim = 2048, UseLinearProjection = true,
            DownBlockTypes = ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"], UpBlockTypes = ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
            TransformerLayersPerBlock = new([1, 2, 10]), AdditionEmbedType = "text_time", AdditionTimeEmbedDim = 256, ProjectionClassEmbeddingsInputDim = 2816,
        };
        if (tiny)
        {
            (first, second) = (s_tinyText, s_tinyText with { Architectures = second.Architectures, ProjectionDim = 32 });
            unet = RandomModels.TinyUnet with { SampleSize = 8, CrossAttentionDim = 64, AdditionEmbedType = "text_time", AdditionTimeEmbedDim = 8, ProjectionClassEmbeddingsInputDim = 32 + 6 * 8 };
        }

        using var there = Layers.On(device);
        return new(
            new StableDiffusionXLConditioning(new(Ready(new ClipTextEncoder(first)), ClipTokenizer.Default), new(Ready(new ClipTextEncoder(second)), ClipTokenizer.Default, 0)),
            Ready(new UNet2DConditionModel(unet)), Ready(new AutoencoderKL(Vae), ScalarType.Float32), new SchedulerConfig { ClassName = "EulerDiscreteScheduler" });
    }

    private AutoencoderConfig Vae => tiny ? new() { BlockOutChannels = [32, 32], LayersPerBlock = 1, NormNumGroups = 8 } : new();

    private StableDiffusionPipeline Create(UnetConfig unet, TextEncoderConfig text, string prediction)
    {
        if (tiny)
        {
            (unet, text) = (RandomModels.TinyUnet with { SampleSize = 8 }, s_tinyText);
        }

        using var there = Layers.On(device);
        return new(
            Ready(new ClipTextEncoder(text)), Ready(new UNet2DConditionModel(unet)), Ready(new AutoencoderKL(Vae)),
            ClipTokenizer.Default, new SchedulerConfig { ClassName = "EulerDiscreteScheduler", PredictionType = prediction });
    }

    private T Ready<T>(T module, ScalarType? other = null)
        where T : nn.Module
    {
        using var none = no_grad();
        module.to(other ?? type);
        module.to(device);
        module.eval();
        foreach (var parameter in module.parameters())
        {
            parameter.requires_grad_(false);
        }

        return module;
    }
}
