using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Autoencoder;
using ZsMlc.Torch.Diffusion.Conditioning;
using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Diffusion.TextEncoder;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion;

/// <summary>Random pipelines of the smallest size, 16² pixels natively.</summary>
internal static class TinyPipeline
{
    private const int Width = 16;

    private static readonly TextEncoderConfig s_text = new() { HiddenSize = Width, IntermediateSize = 32, NumHiddenLayers = 1, NumAttentionHeads = 2, MaxPositionEmbeddings = 16 };

    private static readonly UnetConfig s_unet = new()
    {
        SampleSize = 8, BlockOutChannels = [8, 16], LayersPerBlock = 1, NormNumGroups = 4, CrossAttentionDim = Width, AttentionHeadDim = 2,
        DownBlockTypes = ["CrossAttnDownBlock2D", "DownBlock2D"], UpBlockTypes = ["UpBlock2D", "CrossAttnUpBlock2D"],
    };

    /// <summary>In the layout of Stable Diffusion 1.</summary>
    public static StableDiffusionPipeline Create(int seed = 1)
    {
        manual_seed(seed);
        return Frozen(new StableDiffusionPipeline(new ClipTextEncoder(s_text), new UNet2DConditionModel(s_unet), Autoencoder(), ClipTokenizer.Default, Scheduler("DDIMScheduler")));
    }

    /// <summary>In the layout of SDXL.</summary>
    public static StableDiffusionPipeline CreateXL(int seed = 1)
    {
        const int pooled = 12, size = 4;
        manual_seed(seed);
        return Frozen(new StableDiffusionPipeline(
            new StableDiffusionXLConditioning(
                new(new ClipTextEncoder(s_text), ClipTokenizer.Default),
                new(new ClipTextEncoder(s_text with { Architectures = ["CLIPTextModelWithProjection"], HiddenAct = "gelu", ProjectionDim = pooled }), ClipTokenizer.Default, padId: 0)),
            new UNet2DConditionModel(s_unet with
            {
                CrossAttentionDim = 2 * Width, AttentionHeadDim = new([2, 4]), TransformerLayersPerBlock = new([1, 2]), UseLinearProjection = true,
                DownBlockTypes = ["DownBlock2D", "CrossAttnDownBlock2D"], UpBlockTypes = ["CrossAttnUpBlock2D", "UpBlock2D"],
                AdditionEmbedType = "text_time", AdditionTimeEmbedDim = size, ProjectionClassEmbeddingsInputDim = pooled + 6 * size,
            }),
            Autoencoder(),
            Scheduler("EulerDiscreteScheduler")));
    }

    private static AutoencoderKL Autoencoder() => new(new() { BlockOutChannels = [8, 8], LayersPerBlock = 1, NormNumGroups = 4 });

    private static SchedulerConfig Scheduler(string name) => new() { ClassName = name, StepsOffset = 1, SetAlphaToOne = false };

    private static StableDiffusionPipeline Frozen(StableDiffusionPipeline pipeline)
    {
        foreach (var module in pipeline.Conditioning.Encoders.Select(e => (nn.Module)e.Network).Append(pipeline.Unet).Append(pipeline.Vae))
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
