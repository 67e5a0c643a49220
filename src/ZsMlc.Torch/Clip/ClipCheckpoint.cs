using System.Text.Json;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Hub;

namespace ZsMlc.Torch.Clip;

/// <summary>A CLIP checkpoint of any form, seen under OpenAI's tensor names, with its configuration and tokenizer.</summary>
internal sealed class ClipCheckpoint : IDisposable
{
    private const string ConfigKey = "clip_config";

    private ClipCheckpoint(ICheckpoint tensors, ClipConfig config, ClipTokenizer tokenizer) =>
        (Tensors, Config, Tokenizer) = (tensors, config, tokenizer);

    public ICheckpoint Tensors { get; }

    public ClipConfig Config { get; }

    public ClipTokenizer Tokenizer { get; }

    /// <summary>Opens a checkpoint.</summary>
    /// <param name="path">File, folder or name.</param>
    /// <param name="config">Known sizes, or null to read them from the files beside the weights or tell them from shapes.</param>
    public static ClipCheckpoint Open(string path, ClipConfig? config)
    {
        path = ModelHub.Resolve(path);
        var tensors = ClipFolder.OpenWeights(path);
        try
        {
            // An archive stands alone; a safetensors file may be that of a model folder.
            var folder = Directory.Exists(path) ? path
                : tensors is TorchScriptCheckpoint ? null
                : Path.GetDirectoryName(Path.GetFullPath(path));
            var quickGelu = tensors is TorchScriptCheckpoint || ClipShapes.AreOpenAIs(tensors);
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

    /// <summary>The header entries by which a stored model is read without a folder around it.</summary>
    public static Dictionary<string, string> Describe(ClipConfig config, ClipTokenizer tokenizer)
    {
        Dictionary<string, string> metadata = new() { ["format"] = "pt", [ConfigKey] = OpenClipConfig.Format(config).ToJsonString() };
        StoredTokenizer.Write(metadata, tokenizer);
        return metadata;
    }

    /// <summary>Reads a model with such a header from a stream.</summary>
    /// <param name="stream">A readable stream.</param>
    /// <param name="source">What the stream is, for messages.</param>
    public static ClipCheckpoint Read(Stream stream, string source)
    {
        var tensors = SafetensorsStream.Read(stream, source);
        try
        {
            using var config = JsonDocument.Parse(tensors.Metadata[ConfigKey]);
            var sizes = OpenClipConfig.Parse(config.RootElement);
            sizes.Check();
            return new(tensors, sizes, StoredTokenizer.Read(tensors.Metadata, sizes.Text));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            tensors.Dispose();
            throw new CheckpointFormatException(source, $"it is not a CLIP model with its configuration: {e.Message}", e);
        }
    }

    public void Dispose() => Tensors.Dispose();
}
