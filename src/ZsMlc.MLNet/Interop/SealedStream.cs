using System.Security.Cryptography;
using ZsMlc.Torch.Checkpoints;

namespace ZsMlc.MLNet.Interop;

/// <summary>
/// Reads bytes that were written with their SHA-256 behind them. Whoever has come to the end has read what was written: a
/// read that would report the end throws instead where the checksum is another one.
/// </summary>
/// <param name="inner">A stream of bytes and 32 bytes of checksum, both to its end.</param>
/// <param name="source">What the stream is, for messages.</param>
internal sealed class SealedStream(Stream inner, string source) : ReadOnlyStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    // What may be the checksum is held back until more bytes follow it.
    private readonly byte[] _held = new byte[SHA256.HashSizeInBytes + (1 << 16)];
    private int _count;
    private bool _ended;

    /// <summary>Writes bytes, and their SHA-256 behind them.</summary>
    public static void Write(Stream target, Action<Stream> write)
    {
        using var hash = SHA256.Create();
        using (var hashing = new CryptoStream(target, hash, CryptoStreamMode.Write, leaveOpen: true))
        {
            write(hashing);
        }

        target.Write(hash.Hash!);
    }

    /// <summary>Reads to the end, so that the checksum has been compared.</summary>
    /// <exception cref="CheckpointFormatException">The checksum is another one, or missing.</exception>
    public void Complete() => CopyTo(Null);

    /// <inheritdoc/>
    /// <exception cref="CheckpointFormatException">The end is reached, and the checksum is another one or missing.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (!_ended)
        {
            var read = inner.ReadAtLeast(_held.AsSpan(_count), _held.Length - _count, throwOnEndOfStream: false);
            (_count, _ended) = (_count + read, _count + read < _held.Length);
        }

        var ready = Math.Min(_count - SHA256.HashSizeInBytes, buffer.Length);
        if (ready > 0)
        {
            _held.AsSpan(0, ready).CopyTo(buffer);
            _hash.AppendData(_held, 0, ready);
            _held.AsSpan(ready, _count - ready).CopyTo(_held);
            _count -= ready;
            return ready;
        }

        if (_ended && buffer.Length > 0)
        {
            Compare();
        }

        return 0;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _hash.Dispose();
        base.Dispose(disposing);
    }

    private void Compare()
    {
        if (_count < SHA256.HashSizeInBytes)
        {
            throw new CheckpointFormatException(source, $"it ends early: it has {_count} bytes, and its checksum alone has {SHA256.HashSizeInBytes}.");
        }

        var (found, expected) = (_hash.GetCurrentHash(), _held[..SHA256.HashSizeInBytes]);
        if (!found.AsSpan().SequenceEqual(expected))
        {
            throw new CheckpointFormatException(source, $"it is damaged: its SHA-256 is {Convert.ToHexStringLower(found)}; expected {Convert.ToHexStringLower(expected)}, which it was written with.");
        }
    }
}
