using TorchSharp;
using ZsMlc.Torch.Diffusion;
using static TorchSharp.torch;

namespace MicroWorld.Training;

/// <summary>Turns checkpoints of training runs to model folders that FromPretrained reads, with averaged weights in half precision.</summary>
internal static class Export
{
    public static void Clip(MicroTower tower, string checkpoint, string folder)
    {
        using var model = ClipTraining.CreateModel(tower);
        Restore(checkpoint, new AveragedAdamW(model.named_parameters(), model.named_buffers(), weightDecay: 0));
        model.Save(folder);
    }

    public static void Diffusion(string vaeCheckpoint, string unetCheckpoint, string folder)
    {
        using var clip = ClipTraining.CreateModel();
        var unet = UnetTraining.CreateUnet();
        var text = UnetTraining.CreateTextEncoder(clip.Tokenizer);
        var numbers = Restore(unetCheckpoint, new AveragedAdamW(UnetTraining.Parameters(unet, text), [], weightDecay: 0));
        var vae = VaeTraining.CreateModel(numbers["scale"]);
        Vae(vaeCheckpoint, vae);
        using var pipeline = new StableDiffusionPipeline(text, unet, vae, clip.Tokenizer, UnetTraining.Sampler);
        pipeline.Save(folder);
    }

    /// <summary>Puts the averaged weights of a run into an autoencoder.</summary>
    public static void Vae(string checkpoint, nn.Module vae) =>
        Restore(checkpoint, new AveragedAdamW(vae.named_parameters(), [], weightDecay: 0));

    private static Dictionary<string, double> Restore(string checkpoint, AveragedAdamW optimizer)
    {
        var numbers = CheckpointFile.Load(checkpoint, optimizer.State())
            ?? throw new FileNotFoundException($"There is no checkpoint '{checkpoint}'; train the model first.", checkpoint);
        optimizer.UseAverages();
        return numbers;
    }
}
