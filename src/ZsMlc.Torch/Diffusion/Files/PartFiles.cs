using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Files;

/// <summary>Writes the weights of one network of a diffusers folder.</summary>
internal static class PartFiles
{
    public static void Save(string folder, string file, nn.Module network, ScalarType dtype)
    {
        Directory.CreateDirectory(folder);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        SafetensorsWriter.Write(
            Path.Combine(folder, file),
            network.state_dict().Select(t => KeyValuePair.Create(t.Key, t.Value.to(dtype))),
            new Dictionary<string, string> { ["format"] = "pt" });
    }
}
