namespace ZsMlc.MLNet.Interop;

/// <summary>
/// Bytes behind whose end a read throws. ML.NET's reader of arrays asks a stream that has ended for the missing rest, again
/// and again, for ever; an entry that claims more numbers than it has stops it here.
/// </summary>
/// <param name="bytes">The bytes.</param>
internal sealed class EndThrowsStream(byte[] bytes) : MemoryStream(bytes, writable: false)
{
    // A stream derived from MemoryStream comes here for spans, too.

    /// <inheritdoc/>
    /// <exception cref="EndOfStreamException">There are no more bytes.</exception>
    public override int Read(byte[] buffer, int offset, int count) =>
        base.Read(buffer, offset, count) is var read && (read > 0 || count == 0)
            ? read
            : throw new EndOfStreamException($"It has {Length} bytes and refers to more.");
}
