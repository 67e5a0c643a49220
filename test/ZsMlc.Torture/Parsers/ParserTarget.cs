namespace ZsMlc.Torture.Parsers;

/// <summary>A parser of foreign files, and how inputs are made that come deep into it.</summary>
/// <param name="Name">Name on the command line of a child.</param>
/// <param name="Damage">Makes an input from random numbers: structure kept, lengths and checksums built again.</param>
/// <param name="Read">Reads an input whole. The folder is the caller's, for parsers that want a file.</param>
/// <param name="Refusal">The documented exception of an input that is not accepted.</param>
internal sealed record ParserTarget(string Name, Func<Random, byte[]> Damage, Action<byte[], string> Read, Type Refusal)
{
    /// <summary>Whether an exception is what the parser promises.</summary>
    public bool Promises(Exception e) => Refusal.IsInstanceOfType(e);
}
