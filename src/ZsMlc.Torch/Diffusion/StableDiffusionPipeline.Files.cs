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

public sealed partial class StableDiffusionPipeline
{
    private const string WeightsFile = "diffusion_pytorch_model.safetensors", Config = "config.json";

    /// <summary>Loads a Hugging Face diffusers folder, in evaluation mode and without gradients for its weights.</summary>
    /// <param name="folder">
    /// Folder with <c>model_index.json</c>, <c>text_encoder</c>, <c>unet</c>, <c>vae</c>, <c>scheduler</c> and <c>tokenizer</c>; for SDXL
    /// also <c>text_encoder_2</c> and <c>tokenizer_2</c>. Or a cached model's name, such as <c>stabilityai/sd-turbo</c> (<see cref="ModelHub"/>).
    /// </param>
    /// <param name="device">Device; by default the CPU.</param>
    /// <param name="dtype">
    /// Element type of the weights; by default Float32. In Float16, an autoencoder of SDXL that would overflow stays in Float32. While images are generated on
    /// an x64 processor that has no kernels for a half precision (BFloat16 needs AVX-512, Float16 its FP16 part), weights are held in Float32, which is ten to fifty times as fast there.
    /// </param>
    /// <exception cref="FileNotFoundException">A folder or file is missing; the message names it.</exception>
    /// <exception cref="NotSupportedException">The folder holds another kind of model, named in the message, or is a single file.</exception>
    /// <exception cref="CheckpointFormatException">A file is damaged.</exception>
    /// <exception cref="CheckpointMismatchException">The tensors are not those that the configuration describes.</exception>
    public static StableDiffusionPipeline FromPretrained(string folder, Device? device = null, ScalarType dtype = ScalarType.Float32)
    {
        TorchRuntime.EnsureLoaded();
        folder = ModelHub.Resolve(folder);
        var index = PipelineIndex.Read(folder);
        using var scope = NewDisposeScope();
        using var unfilled = Layers.Unfilled();
        var parts = new PartLoader(folder, device ?? CPU, dtype);
        try
        {
            var scheduler = SchedulerConfig.FromPretrained(folder);
            Scheduler.Create(scheduler).Dispose();
            var unetConfig = ConfigJson.Read<UnetConfig>(parts.PathOf("unet", Config));
            unetConfig.CheckMakesImagesFromText();
            var vaeConfig = ConfigJson.Read<AutoencoderConfig>(parts.PathOf("vae", Config));
            var conditioning = index.LoadConditioning(parts);
            var unet = parts.Load(() => new UNet2DConditionModel(unetConfig), unetConfig.LayersPerBlock * unetConfig.BlockOutChannels.Count, "unet");
            var vae = parts.Load(() => new AutoencoderKL(vaeConfig), vaeConfig.LayersPerBlock * vaeConfig.BlockOutChannels.Count, "vae", AutoencoderKL.ModernName, wide: conditioning.WidensAutoencoder && vaeConfig.ForceUpcast);
            return new(conditioning, unet, vae, scheduler);
        }
        catch
        {
            parts.Discard();
            throw;
        }
    }

    /// <summary>Writes the folder that <see cref="FromPretrained"/> reads, and Python's diffusers as well.</summary>
    /// <param name="folder">Target folder, created if need be.</param>
    /// <param name="dtype">Element type of the stored weights; by default half precision.</param>
    public void Save(string folder, ScalarType dtype = ScalarType.Float16)
    {
        using var use = _lifetime.Enter();
        for (var i = 0; i < Conditioning.Encoders.Count; i++)
        {
            PromptEncoderFiles.Save(folder, i, Conditioning.Encoders[i], dtype);
        }

        PartFiles.Save(Path.Combine(folder, "unet"), WeightsFile, Unet, dtype);
        ConfigJson.Write(Path.Combine(folder, "unet", Config), Unet.Config, [.. UnetConfig.Fixed, .. UnetConfig.Idle]);
        PartFiles.Save(Path.Combine(folder, "vae"), WeightsFile, Vae, dtype);
        ConfigJson.Write(Path.Combine(folder, "vae", Config), Vae.Config with { SampleSize = Vae.Config.SampleSize ?? NativeSize }, [.. AutoencoderConfig.Fixed, .. AutoencoderConfig.Idle]);
        Directory.CreateDirectory(Path.Combine(folder, "scheduler"));
        SchedulerSettings.Write(Path.Combine(folder, "scheduler", "scheduler_config.json"), SchedulerConfig);
        PipelineIndex.Write(folder, Conditioning, SchedulerConfig.ClassName);
    }

    /// <summary>Replaces the text encoders' weights, as after tuning.</summary>
    /// <param name="path">
    /// A safetensors file with the names of a diffusers folder's <c>text_encoder</c>; for a family with two encoders, with the folder's
    /// name in front: <c>text_encoder.</c> and <c>text_encoder_2.</c>
    /// </param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="CheckpointFormatException">The file is damaged.</exception>
    /// <exception cref="CheckpointMismatchException">The weights are those of other encoders; the old ones are then kept.</exception>
    public void LoadTextEncoder(string path)
    {
        using var use = _lifetime.Enter();
        using var checkpoint = Checkpoint.Open(path);
        TextEncoderWeights.Restore(Conditioning, checkpoint);
    }

    /// <summary>Writes the text encoders in single precision, for <see cref="LoadTextEncoder"/>.</summary>
    /// <param name="path">Path of the safetensors file.</param>
    /// <param name="metadata">Text entries of the file's header, or null.</param>
    public void SaveTextEncoder(string path, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var use = _lifetime.Enter();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        SafetensorsWriter.Write(path, TextEncoderWeights.Of(Conditioning).Select(t => KeyValuePair.Create(t.Key, t.Value.to(ScalarType.Float32))), metadata);
    }
}
