using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using static TorchSharp.torch;

namespace ZsMlc.Torch.Checkpoints;

/// <summary>A safetensors file, read tensor by tensor straight into tensor memory.</summary>
public sealed class SafetensorsFile : ICheckpoint
{
    private readonly SafeFileHandle _file;
    private readonly SafetensorsHeader _header;

    private SafetensorsFile(string path, SafeFileHandle file, SafetensorsHeader header) =>
        (Source, _file, _header) = (path, file, header);

    /// <inheritdoc/>
    public string Source { get; }

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Names => (IReadOnlyCollection<string>)_header.Entries.Keys;

    /// <summary>Gets the free-form text entries of the header.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Gets where the data begins, in bytes.</summary>
    internal long DataStart => _header.DataStart;

    /// <summary>Gets the byte range of every tensor, in the order of the file.</summary>
    internal IEnumerable<(long Offset, long Length)> Ranges => _header.Entries.Values.OrderBy(e => e.Offset).Select(e => (e.Offset, e.Length));

    /// <summary>Opens a file and checks its header.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="CheckpointFormatException">The file is damaged, cut short, or not safetensors.</exception>
    public static SafetensorsFile Open(string path)
    {
        GitLfsPointer.Refuse(path);
        var file = File.OpenHandle(path);
        try
        {
            var fileLength = RandomAccess.GetLength(file);
            Span<byte> prefix = stackalloc byte[8];
            if (fileLength < 8 || RandomAccess.Read(file, prefix, 0) < 8)
            {
                throw new CheckpointFormatException(path, $"the file has {fileLength} bytes; a safetensors file has at least 8.");
            }

            var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
            if (length > SafetensorsHeader.MaxLength)
            {
                throw new CheckpointFormatException(path, $"the header claims {length} bytes; at most {SafetensorsHeader.MaxLength} are accepted. Is this a safetensors file?");
            }

            if ((long)length > fileLength - 8)
            {
                throw new CheckpointFormatException(path, $"the header claims {length} bytes, but only {fileLength - 8} follow: the file is cut short.");
            }

            var json = new byte[length];
            ReadFully(path, file, json, 8);
            var header = SafetensorsHeader.Parse(path, json, fileLength);
            var end = header.Entries.Values.Select(e => e.Offset + e.Length).Append(header.DataStart).Max();
            return end == fileLength
                ? new(path, file, header)
                : throw new CheckpointFormatException(path, $"{fileLength - end} bytes follow the last tensor; a safetensors file ends with it.");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public TensorInfo Info(string name) => Entry(name).Info;

    /// <inheritdoc/>
    /// <exception cref="CheckpointFormatException">The file was cut short since it was opened.</exception>
    public Tensor Read(string name)
    {
        var entry = Entry(name);
        var tensor = empty(entry.Info.Shape, entry.Info.DType, CPU);
        try
        {
            TensorBlocks.ForEach(tensor, (block, offset) => ReadFully(Source, _file, block, entry.Offset + offset));
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private SafetensorsHeader.Entry Entry(string name) =>
        _header.Entries.TryGetValue(name, out var entry) ? entry : throw new KeyNotFoundException($"{Source} has no tensor '{name}'.");

    private static void ReadFully(string path, SafeFileHandle file, Span<byte> target, long offset)
    {
        while (target.Length > 0)
        {
            var read = RandomAccess.Read(file, target, offset);
            if (read == 0)
            {
                throw new CheckpointFormatException(path, $"the file ends at byte {offset}, {target.Length} bytes too early.");
            }

            target = target[read..];
            offset += read;
        }
    }
}
