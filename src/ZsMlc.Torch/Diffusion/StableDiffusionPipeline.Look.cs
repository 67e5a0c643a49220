using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Diffusion.Autoencoder;
using ZsMlc.Torch.Diffusion.Configuration;
using ZsMlc.Torch.Diffusion.Files;
using ZsMlc.Torch.Diffusion.Schedulers;
using ZsMlc.Torch.Diffusion.Unet;
using ZsMlc.Torch.Hub;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion;

/// <content>A look at a model's files that reads no weights.</content>
public sealed partial class StableDiffusionPipeline
{
    /// <summary>Reads the configurations and compares them with the headers of the weights.</summary>
    /// <param name="folder">As for <see cref="FromPretrained"/>.</param>
    /// <returns>Side of the images that the model was trained on, in pixels.</returns>
    /// <exception cref="FileNotFoundException">A folder or file is missing; the message names it.</exception>
    /// <exception cref="NotSupportedException">The folder holds another kind of model, named in the message, or is a single file.</exception>
    /// <exception cref="CheckpointFormatException">A file is damaged, or the tensors are not those that the configuration describes.</exception>
    internal static int Look(string folder)
    {
        TorchRuntime.EnsureLoaded();
        folder = ModelHub.Resolve(folder);
        PipelineIndex.Read(folder);
        using var scope = NewDisposeScope();
        var parts = new PartLoader(folder, CPU, ScalarType.Float32);
        SchedulerSettings.CheckFile(folder, SchedulerConfig.FromPretrained(folder));
        var unet = ConfigJson.Read<UnetConfig>(parts.PathOf("unet", Config));
        unet.CheckMakesImagesFromText();
        var vae = ConfigJson.Read<AutoencoderConfig>(parts.PathOf("vae", Config));
        for (var i = 0; i == 0 || Directory.Exists(parts.PathOf(PromptEncoderFiles.NetworkPart(i))); i++)
        {
            PromptEncoderFiles.Look(parts, i);
        }

        parts.Look(() => new UNet2DConditionModel(unet), unet.LayersPerBlock * unet.BlockOutChannels.Count, "unet");
        parts.Look(() => new AutoencoderKL(vae), vae.LayersPerBlock * vae.BlockOutChannels.Count, "vae", AutoencoderKL.ModernName);
        return unet.SampleSize * vae.SpatialFactor;
    }
}
