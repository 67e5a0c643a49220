using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Diffusion.Conditioning;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Diffusion.Files;

/// <summary>
/// The weights of a family's text encoders under common names: those of the one encoder, or of several with their folders' names in front.
/// </summary>
internal static class TextEncoderWeights
{
    public static IEnumerable<KeyValuePair<string, Tensor>> Of(TextConditioning conditioning) => conditioning.Encoders
        .SelectMany((e, i) => e.Network.state_dict().Select(t => KeyValuePair.Create(Prefix(conditioning, i) + t.Key, t.Value)));

    /// <summary>Names and parameters of the encoder with this index.</summary>
    public static IEnumerable<(string Name, Tensor Parameter)> Parameters(TextConditioning conditioning, int index) =>
        conditioning.Encoders[index].Network.named_parameters().Select(p => (Prefix(conditioning, index) + p.name, (Tensor)p.parameter));

    /// <summary>Reads the weights of all encoders, or of none when one does not fit.</summary>
    /// <param name="conditioning">The encoders.</param>
    /// <param name="checkpoint">Where the weights are.</param>
    public static void Restore(TextConditioning conditioning, ICheckpoint checkpoint)
    {
        List<Action> loads = [];
        for (var i = 0; i < conditioning.Encoders.Count; i++)
        {
            var (network, prefix) = (conditioning.Encoders[i].Network, Prefix(conditioning, i));
            string? Name(string name) => name.StartsWith(prefix, StringComparison.Ordinal) ? PromptEncoderFiles.ModernName(name[prefix.Length..]) : null;
            CheckpointLoader.Match(network, checkpoint, Name);
            loads.Add(() => CheckpointLoader.LoadInto(network, checkpoint, Name));
        }

        loads.ForEach(load => load());
    }

    private static string Prefix(TextConditioning conditioning, int index) => conditioning.Encoders.Count == 1 ? "" : PromptEncoderFiles.NetworkPart(index) + ".";
}
