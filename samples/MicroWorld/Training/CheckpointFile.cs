using System.Security.Cryptography;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace MicroWorld.Training;

/// <summary>The state of a training run on disk: named numbers and float32 tensors, and the SHA-256 of them; written atomically.</summary>
internal static class CheckpointFile
{
    public static void Save(string path, IReadOnlyDictionary<string, double> numbers, IEnumerable<(string Name, Tensor Value)> tensors)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var temporary = path + ".tmp";
        using MemoryStream state = new();
        using (var writer = new BinaryWriter(state, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(numbers.Count);
            foreach (var (name, value) in numbers)
            {
                writer.Write(name);
                writer.Write(value);
            }

            foreach (var (name, value) in tensors)
            {
                using var flat = value.detach().to(ScalarType.Float32).contiguous().cpu();
                writer.Write(name);
                writer.Write(flat.numel());
                writer.Write(flat.bytes);
            }

            writer.Write("");
        }

        using (var file = File.Create(temporary))
        {
            file.Write(state.ToArray());
            file.Write(SHA256.HashData(state.ToArray()));
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Fills <paramref name="tensors"/> in place and returns the numbers; null where no file exists.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or the state of another network.</exception>
    public static Dictionary<string, double>? Load(string path, IEnumerable<(string Name, Tensor Value)> tensors)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var bytes = File.ReadAllBytes(path);
        var length = Math.Max(0, bytes.Length - SHA256.HashSizeInBytes);
        if (!SHA256.HashData(bytes.AsSpan(0, length)).AsSpan().SequenceEqual(bytes.AsSpan(length)))
        {
            throw new InvalidDataException($"{path}: it is damaged, or written by an older version without a checksum; delete the file to start over.");
        }

        using var reader = new BinaryReader(new MemoryStream(bytes, 0, length), Encoding.UTF8);
        var numbers = new Dictionary<string, double>();
        for (var i = reader.ReadInt32(); i > 0; i--)
        {
            numbers[reader.ReadString()] = reader.ReadDouble();
        }

        var targets = tensors.ToDictionary(t => t.Name, t => t.Value);
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var filled = 0;
        while (reader.ReadString() is { Length: > 0 } name)
        {
            var count = reader.ReadInt64();
            if (!targets.TryGetValue(name, out var target) || target.numel() != count)
            {
                throw new InvalidDataException($"{path}: the tensor '{name}' with {count} values does not fit the network being trained; delete the file to start over.");
            }

            var values = new float[count];
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).Clear();
            reader.BaseStream.ReadExactly(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
            target.copy_(tensor(values).reshape(target.shape));
            filled++;
        }

        if (filled != targets.Count)
        {
            throw new InvalidDataException($"{path}: holds {filled} tensors, the network being trained has {targets.Count}; delete the file to start over.");
        }

        return numbers;
    }
}
