using System.Text.Json;
using System.Text.Json.Serialization;
using ZsMlc.Torch.Checkpoints;
using ZsMlc.Torch.Diffusion;
using ZsMlc.Torch.Diffusion.Tuning;

namespace ZsMlc.MLNet.SyntheticData;

/// <summary>A file with a tuned text encoder. Its header keeps the curves of the tuning.</summary>
internal sealed class TunedTextEncoder : IDisposable
{
    private const string Losses = "losses", Values = "target_values", Skipped = "skipped_steps";

    private static readonly JsonSerializerOptions s_named = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly FileStream? _temporary;

    private TunedTextEncoder(string path, FileStream? temporary) => (Path, _temporary) = (path, temporary);

    /// <summary>Gets the path of the file.</summary>
    public string Path { get; }

    /// <summary>Names a file that exists.</summary>
    public static TunedTextEncoder At(string path) => new(path, null);

    /// <summary>Takes the file over from a stream, into a temporary file that goes with this object.</summary>
    public static TunedTextEncoder Read(Stream stream, string folder)
    {
        Directory.CreateDirectory(folder);
        var path = System.IO.Path.Combine(folder, $"zsmlc-text-encoder-{Guid.NewGuid():n}.safetensors");
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, 1 << 16, FileOptions.DeleteOnClose);
        try
        {
            stream.CopyTo(file);
            file.Flush();
            return new(path, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes the text encoder of a pipeline, and how it was tuned.</summary>
    public static void Write(string path, StableDiffusionPipeline pipeline, TuningResult result) => pipeline.SaveTextEncoder(path, new Dictionary<string, string>
    {
        [Losses] = JsonSerializer.Serialize(result.Losses, s_named),
        [Values] = JsonSerializer.Serialize(result.TargetValues, s_named),
        [Skipped] = JsonSerializer.Serialize(result.SkippedSteps),
    });

    /// <summary>Reads the curves; <see langword="null"/> for a file from elsewhere.</summary>
    /// <exception cref="CheckpointFormatException">The file is damaged.</exception>
    public TuningResult? Result()
    {
        using var file = SafetensorsFile.Open(Path);
        var entries = file.Metadata;
        try
        {
            return entries.TryGetValue(Losses, out var losses) && entries.TryGetValue(Values, out var values)
                ? new(List(losses), List(values), JsonSerializer.Deserialize<int>(entries.GetValueOrDefault(Skipped, "0")))
                : null;
        }
        catch (JsonException e)
        {
            throw new CheckpointFormatException(Path, $"the curves of the tuning are damaged: {e.Message}", e);
        }
    }

    /// <summary>Copies the file to a stream.</summary>
    public void CopyTo(Stream target)
    {
        using var file = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.CopyTo(target);
    }

    /// <inheritdoc/>
    public void Dispose() => _temporary?.Dispose();

    private static List<double> List(string json) => JsonSerializer.Deserialize<List<double>>(json, s_named) ?? throw new JsonException("a curve is null.");
}
