namespace ZsMlc.MLNet.Datasets;

/// <summary>
/// JSON as Python writes it, made JSON: the bare words NaN, Infinity and -Infinity become fractions of the same length, which
/// are good where nobody reads them and are no ids. Large files are never held as a whole.
/// </summary>
/// <param name="source">UTF-8 text; disposed with this stream.</param>
internal sealed class PythonJsonStream(Stream source) : Stream
{
    private byte[] _word = [], _fraction = [];
    private int _next;
    private bool _inText, _escaped;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        var read = source.Read(buffer);
        foreach (ref var octet in buffer[..read])
        {
            if (_inText)
            {
                (_inText, _escaped) = (_escaped || octet != '"', !_escaped && octet == '\\');
            }
            else
            {
                octet = Outside(octet);
            }
        }

        return read;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
        }

        base.Dispose(disposing);
    }

    private byte Outside(byte octet)
    {
        if (_next > 0 && _next < _word.Length && octet == _word[_next])
        {
            return _fraction[_next++];
        }

        _inText = octet == '"';
        _next = 1;
        (_word, _fraction) = octet switch
        {
            (byte)'N' => ("NaN"u8.ToArray(), "0.5"u8.ToArray()),
            (byte)'I' => ("Infinity"u8.ToArray(), "0.500000"u8.ToArray()),
            _ => ([], []),
        };
        return _word.Length > 0 ? _fraction[0] : octet;
    }
}
