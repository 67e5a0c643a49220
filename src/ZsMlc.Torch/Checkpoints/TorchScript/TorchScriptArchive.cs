using System.IO.Compression;
using System.Text;

namespace ZsMlc.Torch.Checkpoints.TorchScript;

/// <summary>The records of a TorchScript archive, a zip file with one folder; each is checked against its CRC-32 as it is read.</summary>
internal sealed class TorchScriptArchive : IDisposable
{
    // The newest version that libtorch 2.10 knows.
    private const int MaxVersion = 10;
    private const int MaxCode = 1 << 26, MaxNote = 64;
    private const string ConstantsMark = "/constants.pkl";

    private readonly ZipArchive _zip;
    private readonly Dictionary<string, ZipArchiveEntry> _records = [];
    private readonly string _root;
    private readonly bool _bigEndian;
    private int _codeLeft = MaxCode;

    /// <summary>Opens an archive.</summary>
    /// <param name="stream">The file, seekable; the archive closes it.</param>
    /// <exception cref="InvalidDataException">It is no zip file, or a damaged one.</exception>
    /// <exception cref="FormatException">It is a zip file, but not such an archive.</exception>
    public TorchScriptArchive(Stream stream)
    {
        _zip = new(stream, ZipArchiveMode.Read);
        foreach (var entry in _zip.Entries)
        {
            if (!_records.TryAdd(entry.FullName, entry))
            {
                throw new FormatException($"it has the record '{entry.FullName}' twice.");
            }
        }

        var constants = _records.Keys.FirstOrDefault(n => n.EndsWith(ConstantsMark, StringComparison.Ordinal))
            ?? throw new FormatException("it has no record 'constants.pkl', as every TorchScript archive has.");
        _root = constants[..^(ConstantsMark.Length - 1)];
        if (Text("version", MaxNote) is { } version && !(int.TryParse(version, out var number) && number is > 0 and <= MaxVersion))
        {
            throw new FormatException($"its version is '{version.Trim()}'; expected 1 to {MaxVersion}.");
        }

        _bigEndian = (Text("byteorder", MaxNote) ?? "little") switch
        {
            "little" => false,
            "big" => true,
            var other => throw new FormatException($"its byte order is '{other}'; expected little or big."),
        };
    }

    /// <summary>The names of a zip file's records; none when the file is no zip file, or a damaged one.</summary>
    public static IReadOnlyList<string> RecordsOf(string path)
    {
        try
        {
            using var zip = ZipFile.OpenRead(path);
            return [.. zip.Entries.Select(e => e.FullName)];
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException or OverflowException)
        {
            return [];
        }
    }

    /// <summary>Whether records are those of such an archive: what torch.save makes has no constants.</summary>
    public static bool Is(IEnumerable<string> records) => records.Any(n => n.EndsWith(ConstantsMark, StringComparison.Ordinal));

    /// <summary>The pickle that describes the module.</summary>
    public byte[] Pickle() => Bytes("data.pkl", PickleReader.MaxLength) ?? throw new FormatException("it has no record 'data.pkl'.");

    /// <summary>A file of the code, or null when there is none.</summary>
    public string? Code(string file)
    {
        var text = Text("code/" + file, _codeLeft);
        _codeLeft -= text?.Length ?? 0;
        return text;
    }

    /// <summary>Checks that the record of a storage has as many bytes as its elements take.</summary>
    public void Check(PickleStorage storage)
    {
        var entry = Storage(storage);
        if (entry.Length / storage.ElementSize < storage.Count)
        {
            throw new FormatException($"the record '{entry.FullName}' has {entry.Length} bytes; expected {(Int128)storage.Count * storage.ElementSize}.");
        }
    }

    /// <summary>Opens the record of a storage.</summary>
    public RecordReader Open(PickleStorage storage) => new(Storage(storage), _bigEndian, storage.ElementSize);

    public void Dispose() => _zip.Dispose();

    private ZipArchiveEntry Storage(PickleStorage storage)
    {
        var entry = _records.GetValueOrDefault($"{_root}data/{storage.Key}") ?? throw new FormatException($"it has no record 'data/{storage.Key}', which a tensor needs.");

        // PyTorch never compresses them: so no small file asks for much memory.
        return entry.CompressedLength == entry.Length ? entry : throw new FormatException($"the record '{entry.FullName}' is compressed; expected it stored.");
    }

    private string? Text(string record, int maxLength) => Bytes(record, maxLength) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    private byte[]? Bytes(string record, int maxLength)
    {
        if (_records.GetValueOrDefault(_root + record) is not { } entry)
        {
            return null;
        }

        if (entry.Length > maxLength)
        {
            throw new FormatException($"the record '{entry.FullName}' has {entry.Length} bytes; at most {maxLength} are accepted.");
        }

        var bytes = new byte[entry.Length];
        using var reader = new RecordReader(entry);
        reader.Fill(bytes);
        reader.Finish();
        return bytes;
    }
}
