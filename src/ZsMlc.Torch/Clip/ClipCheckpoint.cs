using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.Torch.Clip;

/// <summary>A CLIP checkpoint of any form, seen under OpenAI's tensor names, with its configuration and tokenizer.</summary>
internal sealed class ClipCheckpoint : IDisposable
{
    private ClipCheckpoint(ICheckpoint tensors, ClipConfig config, ClipTokenizer tokenizer) =>
        (Tensors, Config, Tokenizer) = (tensors, config, tokenizer);

    public ICheckpoint Tensors { get; }

    public ClipConfig Config { get; }

    public ClipTokenizer Tokenizer { get; }

    public static ClipCheckpoint Open(string path)
    {
        var tensors = Checkpoint.Open(path);
        try
        {
            var folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
            if (tensors.Names.Any(n => n.StartsWith("text_model.", StringComparison.Ordinal)))
            {
                tensors = new HuggingFaceClipCheckpoint(tensors);
            }

            var config = (Directory.Exists(path) || Path.GetExtension(path) == ".safetensors" ? ClipFolder.ReadConfig(folder) : null)
                ?? ClipShapes.Infer(tensors, quickGelu: tensors is TorchScriptCheckpoint);
            var tokenizer = Directory.Exists(path) && ClipTokenizer.IsIn(folder) ? ClipTokenizer.FromFolder(folder) : ClipTokenizer.Default;
            return new(tensors, config, tokenizer);
        }
        catch
        {
            tensors.Dispose();
            throw;
        }
    }

    public void Dispose() => Tensors.Dispose();
}
