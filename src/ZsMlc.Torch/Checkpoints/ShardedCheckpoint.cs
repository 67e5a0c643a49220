using System.Text.Json;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Checkpoints;

/// <summary>Several safetensors files joined by an index file (<c>*.safetensors.index.json</c>).</summary>
internal sealed class ShardedCheckpoint : ICheckpoint
{
    private readonly Dictionary<string, SafetensorsFile> _shards = [];
    private readonly Dictionary<string, SafetensorsFile> _tensors = [];

    public ShardedCheckpoint(string indexPath)
    {
        Source = indexPath;
        try
        {
            var folder = Path.GetDirectoryName(Path.GetFullPath(indexPath))!;
            foreach (var (name, file) in ReadMap(indexPath))
            {
                if (file != Path.GetFileName(file))
                {
                    throw new CheckpointFormatException(indexPath, $"tensor '{name}' is said to be in '{file}'; expected a file name in the same folder.");
                }

                if (!_shards.TryGetValue(file, out var shard))
                {
                    var path = Path.Combine(folder, file);
                    if (!File.Exists(path))
                    {
                        throw new CheckpointFormatException(indexPath, $"the index names the shard '{file}', which is not in {folder}.");
                    }

                    _shards[file] = shard = SafetensorsFile.Open(path);
                }

                if (!shard.Names.Contains(name))
                {
                    throw new CheckpointFormatException(indexPath, $"the index says that tensor '{name}' is in '{file}', which does not have it.");
                }

                _tensors[name] = shard;
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Source { get; }

    public IReadOnlyCollection<string> Names => _tensors.Keys;

    public TensorInfo Info(string name) => Shard(name).Info(name);

    public Tensor Read(string name) => Shard(name).Read(name);

    public void Dispose()
    {
        foreach (var shard in _shards.Values)
        {
            shard.Dispose();
        }
    }

    private SafetensorsFile Shard(string name) =>
        _tensors.TryGetValue(name, out var shard) ? shard : throw new KeyNotFoundException($"{Source} has no tensor '{name}'.");

    /// <summary>Reads which tensor is in which file.</summary>
    internal static Dictionary<string, string> ReadMap(string indexPath) => JsonFile.Read(indexPath, "an index of safetensors shards (an object with 'weight_map')", root =>
        root.GetProperty("weight_map").EnumerateObject().ToDictionary(
            p => p.Name,
            p => p.Value.ValueKind == JsonValueKind.String ? p.Value.GetString()! : throw new FormatException($"tensor '{p.Name}' is said to be in {p.Value.GetRawText()}; expected a file name.")));
}
