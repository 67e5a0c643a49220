using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Autoencoder;
using ZsMlc.Torch.Diffusion.Configuration;
using ZsMlc.Torch.Diffusion.Files;
using ZsMlc.Torch.Diffusion.TextEncoder;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion;

/// <summary>The networks of the golden model folders.</summary>
internal static class GoldenModels
{
    /// <summary>The part of the golden vectors that a model belongs to.</summary>
    public static string Part(string model) => model.StartsWith("tiny-sdxl", StringComparison.Ordinal) ? "sdxl" : "sd";

    /// <summary>A golden file of a model.</summary>
    public static SafetensorsFile Open(string model, string file) => Golden.Open(Part(model), model + "-golden", file);

    public static string PathOf(string model, string file) => Golden.PathOf(Part(model), model + "-golden", file);

    public static ClipTextEncoder TextEncoder(string model, ScalarType dtype = ScalarType.Float32, string part = "text_encoder") =>
        Load(c => new ClipTextEncoder(c), ConfigJson.Read<TextEncoderConfig>, dtype, PromptEncoderFiles.ModernName, model, part);

    public static UNet2DConditionModel Unet(string model, ScalarType dtype = ScalarType.Float32) =>
        Load(c => new UNet2DConditionModel(c), ConfigJson.Read<UnetConfig>, dtype, null, model, "unet");

    public static AutoencoderKL Vae(string model, ScalarType dtype = ScalarType.Float32) =>
        Load(c => new AutoencoderKL(c), ConfigJson.Read<AutoencoderConfig>, dtype, AutoencoderKL.ModernName, model, "vae");

    private static T Load<T, TConfig>(Func<TConfig, T> make, Func<string, TConfig> read, ScalarType dtype, Func<string, string?>? rename, string model, string part)
        where T : nn.Module
    {
        var folder = Golden.PathOf(Part(model), model, part);
        var module = make(read(Path.Combine(folder, "config.json")));
        using var checkpoint = Checkpoint.Open(folder);
        CheckpointLoader.LoadInto(module, checkpoint, rename);
        module.to(dtype);
        module.eval();
        return module;
    }
}
