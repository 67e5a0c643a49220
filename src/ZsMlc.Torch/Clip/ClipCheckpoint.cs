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

    /// <summary>Opens a checkpoint.</summary>
    /// <param name="path">File or folder.</param>
    /// <param name="config">Known sizes, or null to read them from the files beside the weights or tell them from shapes.</param>
    public static ClipCheckpoint Open(string path, ClipConfig? config)
    {
        var tensors = ClipFolder.OpenWeights(path);
        try
        {
            // An archive stands alone; a safetensors file may be that of a model folder.
            var folder = Directory.Exists(path) ? path
                : tensors is TorchScriptCheckpoint ? null
                : Path.GetDirectoryName(Path.GetFullPath(path));
            var quickGelu = tensors is TorchScriptCheckpoint;
            if (tensors.Names.Any(n => n.StartsWith("text_model.", StringComparison.Ordinal)))
            {
                tensors = new HuggingFaceClipCheckpoint(tensors);
            }

            config ??= (folder is null ? null : ClipFolder.ReadConfig(folder)) ?? ClipShapes.Infer(tensors, quickGelu);
            var tokenizer = folder is not null && ClipTokenizer.IsIn(folder) ? ClipTokenizer.FromFolder(folder) : ClipTokenizer.Default;
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
