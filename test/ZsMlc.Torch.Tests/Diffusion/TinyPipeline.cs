using ZsMlc.Torch.Clip;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Autoencoder;
using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Diffusion.TextEncoder;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion;

/// <summary>A random pipeline of the smallest size, 16² pixels natively.</summary>
internal static class TinyPipeline
{
    public static StableDiffusionPipeline Create(int seed = 1)
    {
        manual_seed(seed);
        var pipeline = new StableDiffusionPipeline(
            new ClipTextEncoder(new() { HiddenSize = 16, IntermediateSize = 32, NumHiddenLayers = 1, NumAttentionHeads = 2, MaxPositionEmbeddings = 16 }),
            new UNet2DConditionModel(new()
            {
                SampleSize = 8, BlockOutChannels = [8, 16], LayersPerBlock = 1, NormNumGroups = 4, CrossAttentionDim = 16, AttentionHeadDim = 2,
                DownBlockTypes = ["CrossAttnDownBlock2D", "DownBlock2D"], UpBlockTypes = ["UpBlock2D", "CrossAttnUpBlock2D"],
            }),
            new AutoencoderKL(new() { BlockOutChannels = [8, 8], LayersPerBlock = 1, NormNumGroups = 4 }),
            ClipTokenizer.Default,
            new SchedulerConfig { ClassName = "DDIMScheduler", StepsOffset = 1, SetAlphaToOne = false });
        foreach (var module in new nn.Module[] { pipeline.TextEncoder, pipeline.Unet, pipeline.Vae })
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
