using System.IO.Compression;
using Microsoft.ML;
using Microsoft.ML.Data.IO;
using Microsoft.ML.Runtime;
using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.MLNet.Interop;

/// <summary>
/// A saved model whose bytes are checked: no entry twice, none that unfolds to more than an archive can honestly hold, and
/// of every entry the length and CRC-32. Components are read out of it without ML.NET's reader of archives.
/// </summary>
internal sealed class ModelArchive : IDisposable
{
    /// <summary>Limits: entries of an archive, and bytes that unfold out of each byte of it once they are more than <see cref="Small"/>.</summary>
    internal const int MaxEntries = 10_000, MaxRatio = 100, Small = 1 << 26;

    private const string Header = "Model.key", Schema = "Schema";

    // Of names and types of columns and what is known of them; it is unfolded in memory.
    private const long MaxSchema = 1 << 26;

    private readonly string _path;
    private readonly FileStream _file;
    private readonly ZipArchive _zip;
    private readonly List<ZipArchiveEntry> _entries;

    private ModelArchive(string path, FileStream file, ZipArchive zip, List<ZipArchiveEntry> entries) => (_path, _file, _zip, _entries) = (path, file, zip, entries);

    /// <summary>Opens an archive and checks its directory.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="CheckpointFormatException">It is no zip archive, one of those that are made to do harm, or a Git LFS pointer.</exception>
    public static ModelArchive Open(string path)
    {
        GitLfsPointer.Refuse(path);
        var file = File.OpenRead(path);
        try
        {
            var zip = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true);
            List<ZipArchiveEntry> entries = [.. zip.Entries];
            CheckDirectory(path, file.Length, entries);
            return new(path, file, zip, entries);
        }
        catch (Exception e)
        {
            var length = file.Length;
            file.Dispose();
            if (e is InvalidDataException or ArgumentException or OverflowException)
            {
                throw new CheckpointFormatException(path, $"it is not a saved model, or its end is damaged: a file of {length} bytes. {e.Message}", e);
            }

            throw;
        }
    }

    /// <summary>The whole file, for ML.NET, which reads it by itself.</summary>
    public Stream Rewound()
    {
        _file.Position = 0;
        return _file;
    }

    /// <summary>
    /// Reads every entry and compares it with its checksum. A checksum can be made to fit, so the schema and the components'
    /// headers are also read as ML.NET does, from streams that end its reader where it would hang.
    /// </summary>
    /// <param name="environment">The host that ML.NET's readers report to.</param>
    /// <exception cref="CheckpointFormatException">An entry is damaged; the message names it.</exception>
    public void CheckAll(IHostEnvironment environment)
    {
        Check(_entries);
        foreach (var header in _entries.Where(e => e.Name == Header))
        {
            ReadHeader(header);
        }

        if (_entries.FirstOrDefault(e => e.FullName == Schema) is { } schema)
        {
            CheckSchema(environment, schema);
        }
    }

    /// <summary>
    /// The last component of a kind. Every entry has been compared with its checksum but its own streams, each of which is
    /// compared when it is read.
    /// </summary>
    /// <param name="format">The kind.</param>
    /// <exception cref="CheckpointFormatException">An entry is damaged, or there is no such component; the message tells which there are.</exception>
    public StoredComponent Find(ModelFormat format)
    {
        List<string> others = [];
        foreach (var entry in _entries.Where(e => e.Name == Header).OrderByDescending(e => e.FullName, StringComparer.Ordinal))
        {
            var context = ReadHeader(entry);
            if (!format.IsOf(context))
            {
                others.Add(ModelHeader.GetLoaderSig(ref context.Header) ?? entry.FullName);
                continue;
            }

            var folder = entry.FullName[..^Header.Length];
            Check(_entries.Where(e => !e.FullName.StartsWith(folder, StringComparison.Ordinal)));
            return new(context, (name, read) => TryRead(folder + name, read));
        }

        throw new CheckpointFormatException(_path, $"it holds no fusion classifier. It holds: {string.Join(", ", others)}.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _zip.Dispose();
        _file.Dispose();
    }

    private static void CheckDirectory(string path, long length, List<ZipArchiveEntry> entries)
    {
        if (entries.Count > MaxEntries)
        {
            throw new CheckpointFormatException(path, $"the archive has {entries.Count} entries; at most {MaxEntries} are accepted.");
        }

        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        if (entries.FirstOrDefault(e => !names.Add(e.FullName.Replace('\\', '/'))) is { } twice)
        {
            throw new CheckpointFormatException(path, $"the archive has the entry {twice.FullName} twice.");
        }

        if (entries.Sum(e => (decimal)e.CompressedLength) > length)
        {
            throw new CheckpointFormatException(path, $"the archive's entries claim {entries.Sum(e => (decimal)e.CompressedLength)} bytes; the file has {length}.");
        }

        if (entries.Sum(e => (decimal)e.Length) is var unfolded && unfolded > Small && unfolded > (decimal)MaxRatio * length)
        {
            throw new CheckpointFormatException(path, $"the archive unfolds to {unfolded} bytes; a file of {length} may hold at most {MaxRatio} times as many.");
        }
    }

    private void Check(IEnumerable<ZipArchiveEntry> entries)
    {
        foreach (var entry in entries)
        {
            using var stream = new CheckedEntryStream(_path, entry);
            stream.Complete();
        }
    }

    private ModelLoadContext ReadHeader(ZipArchiveEntry entry)
    {
        var bytes = ReadAll(entry);
        try
        {
            return new ModelLoadContext(new BinaryReader(bytes), null);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new CheckpointFormatException(_path, $"the entry {entry.FullName} is not the header of an ML.NET component: {e.Message}", e);
        }
    }

    private void CheckSchema(IHostEnvironment environment, ZipArchiveEntry entry)
    {
        if (entry.Length > MaxSchema)
        {
            throw new CheckpointFormatException(_path, $"the entry {entry.FullName} has {entry.Length} bytes; at most {MaxSchema} are accepted.");
        }

        using var bytes = ReadAll(entry);
        try
        {
            new BinaryLoader(environment, new BinaryLoader.Arguments(), bytes).Dispose();
        }
        catch (Exception e)
        {
            // Not for want of memory: what the entry claims is more than any memory holds.
            throw new CheckpointFormatException(_path, $"the entry {entry.FullName} does not hold the schema of an ML.NET model: {e.Message}", e);
        }
    }

    private EndThrowsStream ReadAll(ZipArchiveEntry entry)
    {
        var bytes = new MemoryStream();
        using (var stream = new CheckedEntryStream(_path, entry))
        {
            stream.CopyTo(bytes);
            stream.Complete();
        }

        return new(bytes.ToArray());
    }

    private bool TryRead(string name, Action<Stream> read)
    {
        if (_entries.FirstOrDefault(e => e.FullName == name) is not { } entry)
        {
            return false;
        }

        using var stream = new CheckedEntryStream(_path, entry);
        read(stream);
        stream.Complete();
        return true;
    }
}
