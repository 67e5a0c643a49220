using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Autoencoder;
using ZsMlc.Torch.Diffusion.Configuration;
using ZsMlc.Torch.Diffusion.TextEncoder;
using ZsMlc.Torch.Diffusion.Unet;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Tests.Diffusion;

/// <summary>The networks of the golden model folders.</summary>
internal static class GoldenModels
{
    public static ClipTextEncoder TextEncoder(string model, ScalarType dtype = ScalarType.Float32) =>
        Load(new ClipTextEncoder(ConfigJson.Read<TextEncoderConfig>(Golden.PathOf("sd", model, "text_encoder", "config.json"))), dtype, n => n.EndsWith("position_ids", StringComparison.Ordinal) ? null : n, model, "text_encoder");

    public static UNet2DConditionModel Unet(string model, ScalarType dtype = ScalarType.Float32) =>
        Load(new UNet2DConditionModel(ConfigJson.Read<UnetConfig>(Golden.PathOf("sd", model, "unet", "config.json"))), dtype, null, model, "unet");

    public static AutoencoderKL Vae(string model, ScalarType dtype = ScalarType.Float32) =>
        Load(new AutoencoderKL(ConfigJson.Read<AutoencoderConfig>(Golden.PathOf("sd", model, "vae", "config.json"))), dtype, AutoencoderKL.ModernName, model, "vae");

    private static T Load<T>(T module, ScalarType dtype, Func<string, string?>? rename, params string[] folder)
        where T : nn.Module
    {
        using var checkpoint = Checkpoint.Open(Golden.PathOf("sd", folder));
        CheckpointLoader.LoadInto(module, checkpoint, rename);
        module.to(dtype);
        module.eval();
        return module;
    }
}
