using System.IO.Compression;
using System.IO.Hashing;
using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.MLNet.Interop;

/// <summary>
/// Reads an entry of a zip archive and compares its length and CRC-32 with what the archive says, which .NET's own reader
/// does not: the last bytes are handed out only when all bytes were right.
/// </summary>
/// <param name="path">The archive, for messages.</param>
/// <param name="entry">The entry.</param>
internal sealed class CheckedEntryStream(string path, ZipArchiveEntry entry) : ReadOnlyStream
{
    private readonly Stream _inner = Try(path, entry, entry.Open);
    private readonly Crc32 _crc = new();
    private long _position;

    /// <summary>Reads to the end, so that the entry has been compared.</summary>
    /// <exception cref="CheckpointFormatException">The entry is damaged.</exception>
    public void Complete()
    {
        CopyTo(Null, 1 << 18);
        if (_position < entry.Length || entry.Length == 0)
        {
            Compare();
        }
    }

    /// <inheritdoc/>
    /// <exception cref="CheckpointFormatException">The entry is damaged.</exception>
    public override int Read(Span<byte> buffer)
    {
        int read;
        try
        {
            read = _inner.Read(buffer);
        }
        catch (InvalidDataException e)
        {
            throw Damaged(path, entry, e.Message, e);
        }

        _crc.Append(buffer[..read]);
        _position += read;
        if (read > 0 && _position >= entry.Length)
        {
            Compare();
        }

        return read;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _inner.Dispose();
        base.Dispose(disposing);
    }

    private void Compare()
    {
        if (_position != entry.Length || _crc.GetCurrentHashAsUInt32() != entry.Crc32)
        {
            throw Damaged(path, entry, $"it has {_position} bytes with the CRC-32 {_crc.GetCurrentHashAsUInt32():x8}; expected {entry.Length} bytes with {entry.Crc32:x8}.");
        }
    }

    private static T Try<T>(string path, ZipArchiveEntry entry, Func<T> open)
    {
        try
        {
            return open();
        }
        catch (InvalidDataException e)
        {
            throw Damaged(path, entry, e.Message, e);
        }
    }

    private static CheckpointFormatException Damaged(string path, ZipArchiveEntry entry, string problem, Exception? inner = null) =>
        new(path, $"the entry {entry.FullName} is damaged: {problem}", inner);
}
