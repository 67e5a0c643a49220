using System.Buffers.Binary;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Checkpoints;

/// <summary>A safetensors file read from a stream into memory, for files that lie inside others.</summary>
internal sealed class SafetensorsStream : ICheckpoint
{
    private readonly SafetensorsHeader _header;
    private readonly Dictionary<string, Tensor> _tensors = [];

    private SafetensorsStream(string source, SafetensorsHeader header) => (Source, _header) = (source, header);

    public string Source { get; }

    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    public IReadOnlyCollection<string> Names => _tensors.Keys;

    public static SafetensorsStream Read(Stream stream, string source)
    {
        Span<byte> prefix = stackalloc byte[8];
        Fill(stream, prefix, source);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > SafetensorsHeader.MaxLength)
        {
            throw new CheckpointFormatException(source, $"the header claims {length} bytes; at most {SafetensorsHeader.MaxLength} are accepted.");
        }

        var json = new byte[length];
        Fill(stream, json, source);

        // Where the stream's length is unknown, a short one is noticed where it ends.
        var known = stream.CanSeek ? stream.Length - stream.Position + 8 + json.Length : long.MaxValue;
        var file = new SafetensorsStream(source, SafetensorsHeader.Parse(source, json, known));
        try
        {
            var position = file._header.DataStart;
            foreach (var (name, entry) in file._header.Entries.OrderBy(e => e.Value.Offset))
            {
                if (entry.Length > 0 && entry.Offset != position)
                {
                    throw new CheckpointFormatException(source, $"tensor '{name}' begins at byte {entry.Offset}; expected {position} (no gaps).");
                }

                var tensor = empty(entry.Info.Shape, entry.Info.DType).DetachFromDisposeScope();
                file._tensors[name] = tensor;
                TensorBlocks.ForEach(tensor, (block, _) => Fill(stream, block, source));
                position += entry.Length;
            }

            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public TensorInfo Info(string name) => _header.Entries.TryGetValue(name, out var entry) ? entry.Info : throw Missing(name);

    public Tensor Read(string name) => _tensors.TryGetValue(name, out var tensor) ? tensor.alias() : throw Missing(name);

    public void Dispose()
    {
        foreach (var tensor in _tensors.Values)
        {
            tensor.Dispose();
        }
    }

    private KeyNotFoundException Missing(string name) => new($"{Source} has no tensor '{name}'.");

    private static void Fill(Stream stream, Span<byte> target, string source)
    {
        if (stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false) < target.Length)
        {
            throw new CheckpointFormatException(source, "it ends early.");
        }
    }
}
