using System.Buffers.Binary;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Checkpoints;

/// <summary>
/// A safetensors file read from a stream into memory, for files that lie inside others and for those that must be whole.
/// Where the file has a checksum, it has been found right before anybody sees a tensor.
/// </summary>
internal sealed class SafetensorsStream : ICheckpoint
{
    private readonly SafetensorsHeader _header;
    private readonly Dictionary<string, Tensor> _tensors = [];

    private SafetensorsStream(string source, SafetensorsHeader header) => (Source, _header) = (source, header);

    public string Source { get; }

    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    public IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <summary>Gets whether the file carries the SHA-256 of its bytes.</summary>
    public bool HasChecksum => _header.Entries.ContainsKey(SafetensorsHeader.ChecksumName);

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="CheckpointFormatException">The file is damaged.</exception>
    public static SafetensorsStream Open(string path)
    {
        using var file = File.OpenRead(path);
        return Read(file, path);
    }

    /// <summary>Reads tensors from a stream, which is left behind them.</summary>
    /// <param name="stream">A readable stream.</param>
    /// <param name="source">What it is, for messages.</param>
    /// <exception cref="CheckpointFormatException">The stream ends early, does not have its checksum, or holds something else.</exception>
    public static SafetensorsStream Read(Stream stream, string source)
    {
        var prefix = new byte[8];
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
            file.ReadTensors(stream, prefix, json);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public TensorInfo Info(string name) => _tensors.ContainsKey(name) ? _header.Entries[name].Info : throw Missing(name);

    public Tensor Read(string name) => _tensors.TryGetValue(name, out var tensor) ? tensor.alias() : throw Missing(name);

    public void Dispose()
    {
        foreach (var tensor in _tensors.Values)
        {
            tensor.Dispose();
        }
    }

    private void ReadTensors(Stream stream, byte[] prefix, byte[] json)
    {
        using var hash = HasChecksum ? new TensorHash() : null;
        hash?.Append(prefix);
        hash?.Append(json);
        var (position, isChecked) = (_header.DataStart, false);
        foreach (var (name, entry) in _header.Entries.OrderBy(e => e.Value.Offset).ThenBy(e => e.Value.Length))
        {
            if (isChecked || (entry.Length > 0 && entry.Offset != position))
            {
                throw new CheckpointFormatException(Source, $"tensor '{name}' begins at byte {entry.Offset}; expected {(isChecked ? "nothing behind the checksum" : $"{position} (no gaps)")}.");
            }

            position += entry.Length;
            if (hash is not null && name == SafetensorsHeader.ChecksumName)
            {
                CheckHash(stream, entry, hash.Finish());
                isChecked = true;
                continue;
            }

            var tensor = empty(entry.Info.Shape, entry.Info.DType, CPU).DetachFromDisposeScope();
            _tensors[name] = tensor;
            TensorBlocks.ForEach(tensor, (block, _) => Fill(stream, block, Source));
            hash?.Append(tensor);
        }
    }

    private void CheckHash(Stream stream, SafetensorsHeader.Entry entry, byte[] found)
    {
        if (entry.Info.DType != SafetensorsHeader.ChecksumInfo.DType || !entry.Info.Shape.SequenceEqual(SafetensorsHeader.ChecksumInfo.Shape))
        {
            throw new CheckpointFormatException(Source, $"the checksum '{SafetensorsHeader.ChecksumName}' is {entry.Info}; expected {SafetensorsHeader.ChecksumInfo}.");
        }

        var expected = new byte[found.Length];
        Fill(stream, expected, Source);
        if (!found.AsSpan().SequenceEqual(expected))
        {
            throw new CheckpointFormatException(Source, $"it is damaged: its SHA-256 is {Convert.ToHexStringLower(found)}; expected {Convert.ToHexStringLower(expected)}, which it was written with.");
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
