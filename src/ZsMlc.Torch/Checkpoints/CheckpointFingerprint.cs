using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using ZsMlc.Torch.Hub;

namespace ZsMlc.Torch.Checkpoints;

/// <summary>Tells whether a model is still the one that something was made with, by reading little of it.</summary>
/// <remarks>
/// SHA-256 over the names, lengths and contents of the files that a model is read from (.safetensors, .pt, .json, .txt;
/// hidden and other files do not count). Files of up to 1 MiB are read whole. Of a longer safetensors file, the header and
/// 8 KiB of every tensor are read; of another one, 64 spread blocks and the last MiB, which in a TorchScript archive holds
/// the checksum of every entry. A gigabyte takes well under a second. It finds exchanged, converted, retrained and cut
/// files; it is no defence against somebody who alters single weights on purpose.
/// </remarks>
public static class CheckpointFingerprint
{
    private const int Whole = 1 << 20, Block = 1 << 12, SpreadBlocks = 64;

    // What readers of a single weights file look for beside it.
    private static readonly string[] s_companions = ["open_clip_config.json", "config.json", "vocab.json", "merges.txt"];

    private static readonly HashSet<string> s_extensions = new(StringComparer.OrdinalIgnoreCase) { ".safetensors", ".pt", ".json", ".txt" };

    /// <summary>Computes the fingerprint.</summary>
    /// <param name="path">A model folder with its subfolders, or a cached model's name (<see cref="ModelHub"/>); or a weights file, with the configuration and tokenizer beside it and, for an index, its shards. The path itself and a single file's name play no part.</param>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    /// <exception cref="FileNotFoundException">Nothing is there, or the folder has no file of a model.</exception>
    /// <exception cref="CheckpointFormatException">A safetensors file is damaged.</exception>
    public static string Compute(string path)
    {
        path = ModelHub.Resolve(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, file) in Files(path).OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            Add(hash, name, file);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static IEnumerable<(string Name, string File)> Files(string path)
    {
        if (File.Exists(path))
        {
            var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            var others = s_companions.Concat(path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? ShardedCheckpoint.ReadMap(path).Values.Distinct() : []);
            return others.Where(n => n != Path.GetFileName(path)).Select(n => (Name: n, File: Path.Combine(folder, n))).Where(f => File.Exists(f.File)).Prepend(("", path));
        }

        if (!Directory.Exists(path))
        {
            throw new FileNotFoundException($"There is no model at {path}.", path);
        }

        var files = Directory.EnumerateFiles(path, "*", new EnumerationOptions { RecurseSubdirectories = true })
            .Where(f => s_extensions.Contains(Path.GetExtension(f)))
            .Select(f => (Path.GetRelativePath(path, f).Replace(Path.DirectorySeparatorChar, '/'), f))
            .ToList();
        return files.Count > 0 ? files : throw new FileNotFoundException($"The folder {path} holds no model: it has no file with the ending {string.Join(", ", s_extensions)}.", path);
    }

    private static void Add(IncrementalHash hash, string name, string path)
    {
        using var file = File.OpenHandle(path);
        var length = RandomAccess.GetLength(file);
        hash.AppendData(Encoding.UTF8.GetBytes($"{name}\n{length}\n"));
        foreach (var (offset, count) in Blocks(path, length))
        {
            AddBlock(hash, file, offset, count);
        }
    }

    private static IEnumerable<(long Offset, long Count)> Blocks(string path, long length)
    {
        if (length <= Whole)
        {
            return [(0, length)];
        }

        if (path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
        {
            using var checkpoint = SafetensorsFile.Open(path);
            return [(0, checkpoint.DataStart), .. checkpoint.Ranges.SelectMany(r => new[] { (r.Offset, Math.Min(Block, r.Length)), (r.Offset + r.Length / 2, Math.Min(Block, r.Length - r.Length / 2)) })];
        }

        return [.. Enumerable.Range(0, SpreadBlocks).Select(i => (length / SpreadBlocks * i, (long)Block)), (length - Whole, Whole)];
    }

    private static void AddBlock(IncrementalHash hash, SafeFileHandle file, long offset, long count)
    {
        Span<byte> place = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(place, offset);
        hash.AppendData(place);
        var buffer = new byte[Math.Min(count, 1 << 16)];
        while (count > 0)
        {
            var read = RandomAccess.Read(file, buffer.AsSpan(0, (int)Math.Min(count, buffer.Length)), offset);
            if (read == 0)
            {
                return;
            }

            hash.AppendData(buffer, 0, read);
            (offset, count) = (offset + read, count - read);
        }
    }
}
