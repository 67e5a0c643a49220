using System.Buffers.Binary;
using System.Text;

namespace ZsMlc.Torch.Checkpoints.TorchScript;

/// <summary>The bytes of a pickle, read in order and never beyond their end.</summary>
internal ref struct PickleStream(ReadOnlySpan<byte> bytes)
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Gets where the next byte is.</summary>
    public int Position { get; private set; }

    public byte Byte() => Take(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public double Double() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    /// <summary>A whole number in two's complement, after a byte that tells its length.</summary>
    public long LongInteger()
    {
        var bytes = Take(Byte());
        if (bytes.Length > 8)
        {
            throw new FormatException($"a whole number of {bytes.Length} bytes; at most 8 are read.");
        }

        long value = bytes.Length > 0 && bytes[^1] > 127 ? -1 : 0;
        for (var i = bytes.Length - 1; i >= 0; i--)
        {
            value = value << 8 | bytes[i];
        }

        return value;
    }

    /// <summary>A text after its length.</summary>
    public string Text()
    {
        var length = UInt32();
        return length <= int.MaxValue ? s_utf8.GetString(Take((int)length)) : throw Early();
    }

    /// <summary>A text up to the end of its line.</summary>
    public string Line()
    {
        var length = _bytes[Position..].IndexOf((byte)'\n');
        var line = length >= 0 ? s_utf8.GetString(Take(length)) : throw Early();
        Position++;
        return line;
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _bytes.Length - Position)
        {
            throw Early();
        }

        var taken = _bytes.Slice(Position, length);
        Position += length;
        return taken;
    }

    private static FormatException Early() => new("the pickle ends early.");
}
