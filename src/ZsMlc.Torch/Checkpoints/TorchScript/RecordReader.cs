using System.IO.Compression;
using System.IO.Hashing;

namespace ZsMlc.Torch.Checkpoints.TorchScript;

/// <summary>Reads one record of an archive and, at its end, compares it with its CRC-32, which .NET's zip reader does not.</summary>
internal sealed class RecordReader(ZipArchiveEntry entry, bool bigEndian = false, int elementSize = 1) : IDisposable
{
    private readonly Stream _stream = entry.Open();
    private readonly Crc32 _crc = new();

    /// <summary>Fills a block with the record's next bytes, in the order of this machine.</summary>
    /// <exception cref="EndOfStreamException">The record ends early.</exception>
    public void Fill(Span<byte> block)
    {
        _stream.ReadExactly(block);
        _crc.Append(block);
        if (bigEndian)
        {
            for (var i = 0; i < block.Length; i += elementSize)
            {
                block.Slice(i, elementSize).Reverse();
            }
        }
    }

    /// <summary>Reads what is left, and checks all of it.</summary>
    /// <exception cref="FormatException">The record is damaged.</exception>
    public void Finish()
    {
        _crc.Append(_stream);
        if (_crc.GetCurrentHashAsUInt32() != entry.Crc32)
        {
            throw new FormatException($"the record '{entry.FullName}' is damaged: its checksum is {_crc.GetCurrentHashAsUInt32():x8}, expected {entry.Crc32:x8}.");
        }
    }

    public void Dispose() => _stream.Dispose();
}
