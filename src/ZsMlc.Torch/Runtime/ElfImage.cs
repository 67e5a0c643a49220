using System.Buffers.Binary;
using System.Text;
using static ZsMlc.Torch.Runtime.Elf;

namespace ZsMlc.Torch.Runtime;

/// <summary>
/// The few parts of a little-endian 64-bit ELF shared object that <see cref="LibTorchSharpPatch"/> reads and edits:
/// the dynamic string table and the list of needed symbol versions.
/// </summary>
internal sealed class ElfImage
{
    private readonly byte[] _bytes;
    private readonly List<(ulong Address, ulong Offset, ulong Size)> _segments = [];
    private readonly int _strings, _stringsLength, _versionNeeds, _versionNeedCount;

    public ElfImage(byte[] bytes)
    {
        _bytes = bytes;
        if (bytes.Length < 64 || !bytes.AsSpan(0, 6).SequenceEqual<byte>([0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1]))
        {
            throw new InvalidDataException("Not a little-endian 64-bit ELF file.");
        }

        var headers = (int)U64(32);
        int size = U16(54), count = U16(56);
        (ulong Offset, ulong Size) dynamic = default;
        for (var i = 0; i < count; i++)
        {
            var h = headers + i * size;
            switch (U32(h))
            {
                case PtLoad: _segments.Add((U64(h + 16), U64(h + 8), U64(h + 32))); break;
                case PtDynamic: dynamic = (U64(h + 8), U64(h + 32)); break;
            }
        }

        for (var at = (int)dynamic.Offset; at < (int)(dynamic.Offset + dynamic.Size); at += 16)
        {
            var value = U64(at + 8);
            switch ((long)U64(at))
            {
                case DtNull: return;
                case DtStrTab: _strings = FileOffset(value); break;
                case DtStrSz: _stringsLength = (int)value; break;
                case DtVerNeed: _versionNeeds = FileOffset(value); break;
                case DtVerNeedNum: _versionNeedCount = (int)value; break;
            }
        }
    }

    /// <summary>File offsets of the auxiliary entries (hash at +0, name at +8) of every needed symbol version, with its name.</summary>
    public IEnumerable<(int Offset, string Name)> NeededVersions()
    {
        var need = _versionNeeds;
        for (var i = 0; i < _versionNeedCount; i++)
        {
            var aux = need + (int)U32(need + 8);
            for (var k = 0; k < U16(need + 2); k++)
            {
                yield return (aux, String((int)U32(aux + 8)));
                aux += (int)U32(aux + 12);
            }

            need += (int)U32(need + 12);
        }
    }

    /// <summary>Makes the version entry at <paramref name="target"/> ask for the version of the entry at <paramref name="source"/>.</summary>
    public void CopyVersion(int source, int target)
    {
        _bytes.AsSpan(source, 4).CopyTo(_bytes.AsSpan(target));
        _bytes.AsSpan(source + 8, 4).CopyTo(_bytes.AsSpan(target + 8));
    }

    /// <summary>Overwrites a whole string of the dynamic string table by one that is not longer. Returns whether it was found.</summary>
    public bool RenameString(string from, string to)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(to.Length, from.Length);
        var table = _bytes.AsSpan(_strings, _stringsLength);
        var at = table.IndexOf(Encoding.ASCII.GetBytes('\0' + from + '\0'));
        if (at < 0)
        {
            return false;
        }

        var slot = table.Slice(at + 1, from.Length);
        slot.Clear();
        Encoding.ASCII.GetBytes(to, slot);
        return true;
    }

    private string String(int offset)
    {
        var tail = _bytes.AsSpan(_strings + offset);
        return Encoding.ASCII.GetString(tail[..tail.IndexOf((byte)0)]);
    }

    private int FileOffset(ulong address)
    {
        foreach (var (start, offset, size) in _segments)
        {
            if (address >= start && address < start + size)
            {
                return (int)(address - start + offset);
            }
        }

        throw new InvalidDataException($"ELF address 0x{address:x} lies in no segment of the file.");
    }

    private ushort U16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(at));
    private uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(at));
    private ulong U64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(at));
}
