using TorchSharp;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Runtime;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Clip;

/// <content>A whole model as one safetensors stream, to lie inside another file.</content>
public sealed partial class ClipModel
{
    /// <summary>Writes the model, with its configuration and tokenizer in the header, to a stream that <see cref="Load(Stream, Device?, ScalarType)"/> reads; the stream stays open.</summary>
    /// <param name="stream">A writable stream.</param>
    /// <param name="dtype">Element type of the stored floating-point weights; by default half precision.</param>
    public void Save(Stream stream, ScalarType dtype = ScalarType.Float16)
    {
        using var use = _lifetime.Enter();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        SafetensorsWriter.Write(stream, StoredTensors(dtype), ClipCheckpoint.Describe(Config, Tokenizer), checksum: true);
    }

    /// <summary>Loads a model from a stream, in evaluation mode and without gradients for its weights.</summary>
    /// <param name="stream">A readable stream at the start of what <see cref="Save(Stream, ScalarType)"/> wrote.</param>
    /// <param name="device">Device; by default the CPU.</param>
    /// <param name="dtype">Element type of the weights; by default Float32.</param>
    /// <exception cref="CheckpointFormatException">The stream is damaged, or holds something else.</exception>
    /// <exception cref="CheckpointMismatchException">The tensors are not those of the model that the header describes.</exception>
    public static ClipModel Load(Stream stream, Device? device = null, ScalarType dtype = ScalarType.Float32)
    {
        TorchRuntime.EnsureLoaded();
        using var source = ClipCheckpoint.Read(stream, "the stored CLIP model");
        return Load(source, device, dtype);
    }

    private IEnumerable<KeyValuePair<string, Tensor>> StoredTensors(ScalarType dtype) => state_dict()
        .Where(t => !t.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal))
        .Select(t => KeyValuePair.Create(ClipNames.ToOpenAI(t.Key), t.Value.to(dtype)));

    private static void CheckSizes(ClipCheckpoint source)
    {
        var text = source.Tensors.Names.Contains("text.ln_final.weight") ? "text." : "";
        ClipSizes.Check(source.Tensors, nameof(ClipModel), source.Config.EmbedDim, (source.Config.Vision, "visual."), (source.Config.Text, text));
    }

    private static ClipModel Load(ClipCheckpoint source, Device? device, ScalarType dtype)
    {
        CheckSizes(source);
        using var unfilled = Layers.Unfilled();
        var model = new ClipModel(source.Config, source.Tokenizer);
        try
        {
            CheckpointLoader.LoadInto(model, source.Tensors, ClipNames.FromOpenAI);
            model.to(dtype);
            model.to(device ?? CPU);
            return model.Frozen();
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}
